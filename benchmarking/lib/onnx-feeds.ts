import { type InferenceSession, Tensor } from 'onnxruntime-node';

/** Rows of one length, without padding unless `padding` says how many tokens a row may lack. */
export interface ModelShape {
  readonly rows: number;
  readonly width: number;
  readonly padding?: number;
  /** Token ids are below it. */
  readonly pieces: number;
  /** Logits of a row. */
  readonly labels: number;
}

export interface Feeds {
  readonly inputs: Record<string, Tensor>;
  readonly outputs: Record<string, Tensor>;
  readonly logits: Float32Array;
}

/** Made-up token ids, always the same ones: how fast a model is does not depend on them. */
export function feedsOf(session: InferenceSession, shape: ModelShape): Feeds {
  const { rows, width, padding = 0, pieces, labels } = shape;
  const ids = new BigInt64Array(rows * width);
  const mask = new BigInt64Array(rows * width);
  for (let row = 0, seed = 1; row < rows; row++) {
    const length = width - ((row * 7) % (padding + 1));
    for (let at = row * width; at < row * width + length; at++) {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff;
      ids[at] = BigInt((seed >> 8) % pieces);
      mask[at] = 1n;
    }
  }
  const given: Record<string, BigInt64Array> = { input_ids: ids, attention_mask: mask };
  const inputs: Record<string, Tensor> = {};
  for (const name of session.inputNames) {
    inputs[name] = new Tensor('int64', given[name] ?? new BigInt64Array(rows * width), [rows, width]);
  }
  const logits = new Float32Array(rows * labels);
  const outputs = {
    [session.outputNames[0] as string]: new Tensor('float32', logits, [rows, labels]),
  };
  return { inputs, outputs, logits };
}
