/**
 * Token ids of texts through the native decoder, for real_models.py: the arguments are a tokenizer and the length of a
 * row. Standard input is a JSON array of texts, standard output one of their ids.
 */
import { readFileSync } from 'node:fs';
import { Decoder } from '../../src/decode/decoder.ts';
import { SlotTable } from '../../src/slots.ts';

const [tokenizerPath = '', maxTokens = '512'] = process.argv.slice(2);
const texts = JSON.parse(readFileSync(0, 'utf8')) as string[];
const table = new SlotTable(texts.length);
const decoder = new Decoder({
  tokenizerPath,
  table,
  maxTokens: Number(maxTokens),
  maxMessageBytes: 1 << 28,
  maxDepth: 64,
  labels: ['NEGATIVE', 'POSITIVE'],
  modelName: 'parity',
  modelVersion: '0',
});
const slots = Int32Array.from(texts, (_, index) => index);
decoder.decodeTexts(texts, slots, texts.length);
process.stdout.write(JSON.stringify(texts.map((_, slot) => [...decoder.tokens(slot)])));
decoder.close();
