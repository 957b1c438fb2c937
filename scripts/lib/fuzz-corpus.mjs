/**
 * Kept inputs: one file for each target, one input a line, as a JSON string with a character for each byte. So
 * they can be read, and a change of one is a change of one line.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './run.mjs';

/** A corpus is kept small enough to be read and to be replayed in seconds. */
const bytesMax = 32 * 1024;

const keptPath = (name) => join(root, 'test/fuzz/corpus', `${name}.jsonl`);

/** Writes the kept inputs of a target into `folder`, one file each, beside what is there. */
export function unpackCorpus(name, folder) {
  mkdirSync(folder, { recursive: true });
  if (!existsSync(keptPath(name))) return;
  for (const line of readFileSync(keptPath(name), 'utf8').split('\n')) {
    if (line === '') continue;
    const bytes = Buffer.from(JSON.parse(line), 'latin1');
    writeFileSync(join(folder, createHash('sha1').update(bytes).digest('hex')), bytes);
  }
}

/** Keeps the inputs of `folder`, the shortest first, as many as there is room for. Returns how many. */
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
