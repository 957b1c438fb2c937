/** The part of the job that both peers in Node share: JSON, tokens, batches, model. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Tokenizer } from '@huggingface/tokenizers';
import ort from 'onnxruntime-node';

const ROWS = 64;
const TOKENS_MAX = 128;

export async function loadModel(directory) {
  const json = (file) => JSON.parse(readFileSync(join(directory, file), 'utf8'));
  const config = json('config.json');
  const labels = Object.keys(config.id2label).map((_, i) => config.id2label[i]);
  const tokenizer = new Tokenizer(json('tokenizer.json'), json('tokenizer_config.json'));
  const session = await ort.InferenceSession.create(join(directory, 'model.onnx'));
  return { tokenizer, session, labels, pad: BigInt(config.pad_token_id ?? 0) };
}

/** Label and score of each text, in order: rows sorted by length, one run for each 64. */
export async function classify(model, texts) {
  const rows = texts.map((text) => truncated(model.tokenizer.encode(text).ids));
  const order = rows.map((_, i) => i).sort((a, b) => rows[a].length - rows[b].length);
  const found = new Array(rows.length);
  for (let start = 0; start < order.length; start += ROWS) {
    const chunk = order.slice(start, start + ROWS);
    const logits = await run(
      model,
      chunk.map((i) => rows[i]),
    );
    chunk.forEach((i, line) => {
      found[i] = best(
        logits.subarray(line * model.labels.length, (line + 1) * model.labels.length),
        model.labels,
      );
    });
  }
  return found;
}

/** The value of a result, for a request that was taken at `takenAtMs`. */
export function resultOf(request, source, prediction, takenAtMs) {
  const now = Date.now();
  return JSON.stringify({
    id: request.id,
    ...prediction,
    source,
    timestamp: request.timestamp,
    processed_at: now,
    latency_ms: now - takenAtMs,
  });
}

function truncated(ids) {
  if (ids.length <= TOKENS_MAX) return ids;
  return [...ids.slice(0, TOKENS_MAX - 1), ids.at(-1)];
}

async function run({ session, pad }, rows) {
  const width = rows.at(-1).length;
  const ids = new BigInt64Array(rows.length * width).fill(pad);
  const mask = new BigInt64Array(rows.length * width);
  rows.forEach((row, line) => {
    for (let i = 0; i < row.length; i++) ids[line * width + i] = BigInt(row[i]);
    mask.fill(1n, line * width, line * width + row.length);
  });
  const data = {
    input_ids: ids,
    attention_mask: mask,
    token_type_ids: new BigInt64Array(rows.length * width),
  };
  const feeds = Object.fromEntries(
    session.inputNames.map((name) => [name, new ort.Tensor('int64', data[name], [rows.length, width])]),
  );
  const output = await session.run(feeds);
  return output[session.outputNames[0]].data;
}

function best(logits, labels) {
  const top = logits.reduce((most, value, i) => (value > logits[most] ? i : most), 0);
  const sum = logits.reduce((total, value) => total + Math.exp(value - logits[top]), 0);
  return { label: labels[top], score: 1 / sum };
}
