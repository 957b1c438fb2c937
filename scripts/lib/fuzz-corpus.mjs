/**
 * Kept inputs: one file per target, one input per line, as a JSON string with one character per byte. That keeps them
 * readable, and changing an input changes one line.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './run.mjs';

/** A corpus is kept small enough to read, and to replay in seconds. */
const bytesMax = 32 * 1024;

const keptPath = (name) => join(root, 'test/fuzz/corpus', `${name}.jsonl`);

/** Writes the kept inputs of a target into `folder`, one file each, next to what is already there. */
export function unpackCorpus(name, folder) {
  mkdirSync(folder, { recursive: true });
  if (!existsSync(keptPath(name))) return;
  for (const line of readFileSync(keptPath(name), 'utf8').split('\n')) {
    if (line === '') continue;
    const bytes = Buffer.from(JSON.parse(line), 'latin1');
    writeFileSync(join(folder, createHash('sha1').update(bytes).digest('hex')), bytes);
  }
}

/** Keeps the inputs in `folder`, shortest first, as many as there is room for. Returns how many. */
export function packCorpus(name, folder) {
  const inputs = readdirSync(folder)
    .map((file) => readFileSync(join(folder, file)))
    .sort((a, b) => a.length - b.length || a.compare(b));
  const lines = [];
  let bytes = 0;
  for (const input of inputs) {
    const line = JSON.stringify(input.toString('latin1'));
    bytes += Buffer.byteLength(line) + 1;
    if (bytes > bytesMax) break;
    lines.push(line);
  }
  mkdirSync(join(root, 'test/fuzz/corpus'), { recursive: true });
  writeFileSync(keptPath(name), lines.map((line) => `${line}\n`).join(''));
  return lines.length;
}
