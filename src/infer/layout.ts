/**
 * One ArrayBuffer carries a batch to a worker and back: ids, attention mask, logits, one after the
 * other at fixed places, so that buffers of one pool are interchangeable and none is ever copied.
 */
export interface Layout {
  readonly tokensMax: number;
  readonly rowsMax: number;
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
