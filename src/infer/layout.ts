/**
 * One ArrayBuffer carries a batch to a worker and back: ids, attention mask and logits, each at a fixed offset, so that
 * the buffers of a pool are interchangeable and never copied.
 */
export interface Layout {
  /** Padded tokens of the largest batch. */
  readonly tokensMax: number;
  readonly rowsMax: number;
  /** Logits of a row. */
  readonly labels: number;
}

const ID_BYTES = 8;
const LOGIT_BYTES = 4;

export function bytesOf(layout: Layout): number {
  return 2 * layout.tokensMax * ID_BYTES + layout.rowsMax * layout.labels * LOGIT_BYTES;
}

/** int64 [rows, width] */
export function idsOf(buffer: ArrayBuffer, _layout: Layout, tokens: number): BigInt64Array {
  return new BigInt64Array(buffer, 0, tokens);
}

/** int64 [rows, width], 1 for tokens and 0 for padding */
export function maskOf(buffer: ArrayBuffer, layout: Layout, tokens: number): BigInt64Array {
  return new BigInt64Array(buffer, layout.tokensMax * ID_BYTES, tokens);
}

/** float32 [rows, labels] */
export function logitsOf(buffer: ArrayBuffer, layout: Layout, rows: number): Float32Array {
  return new Float32Array(buffer, 2 * layout.tokensMax * ID_BYTES, rows * layout.labels);
}
