/**
 * How fast the native decoder turns texts into ids, for speed.py: the arguments are a tokenizer and a JSON file with
 * texts; each line of standard input asks for one round through them, answered by its processor time in seconds.
 */
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { Decoder } from '../../src/decode/decoder.ts';
import { SlotTable } from '../../src/slots.ts';

const [tokenizerPath = '', textsPath = ''] = process.argv.slice(2);
const texts = JSON.parse(readFileSync(textsPath, 'utf8')) as string[];
const requests = texts.map((text) => Buffer.from(JSON.stringify({ text })));
const table = new SlotTable(texts.length);
const slots = Int32Array.from(texts, (_, index) => index);
const decoder = new Decoder({
  tokenizerPath,
  table,
  maxTokens: 512,
  maxMessageBytes: 1 << 20,
  maxDepth: 64,
  labels: ['NEGATIVE', 'POSITIVE'],
  modelName: 'speed',
  modelVersion: '0',
});
decoder.decode(requests, slots, slots.length);

for await (const _ of createInterface({ input: process.stdin })) {
  const begin = process.cpuUsage();
  decoder.decode(requests, slots, slots.length);
  const { user, system } = process.cpuUsage(begin);
  const tokens = table.length.reduce((sum, length) => sum + length, 0);
  process.stdout.write(`${JSON.stringify({ seconds: (user + system) / 1e6, tokens })}\n`);
}
decoder.close();
