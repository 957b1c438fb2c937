/**
 * What is fuzzed. The tokenizer kinds are the same program with different tokenizer.json files. `schemas`: its program
 * reads what fuzz-schemas.mjs writes.
 */
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { root } from './run.mjs';

const shipped = 'models/accurate/tokenizer.json';
const kinds = 'test/fuzz/tokenizers';

/**
 * @typedef {object} FuzzTarget
 * @property {string} name
 * @property {string} source
 * @property {string} [tokenizer]
 * @property {boolean} [schemas]
 * @property {string} [dictionary]
 * @property {number} bytesMax
 */

/**
 * @type {FuzzTarget[]}
 */
export const fuzzTargets = [
  { name: 'json', source: 'json_fuzz.cc', dictionary: 'json.dict', bytesMax: 1024 },
  { name: 'mapping', source: 'mapping_fuzz.cc', dictionary: 'json.dict', bytesMax: 1024 },
  { name: 'schema', source: 'schema_fuzz.cc', schemas: true, bytesMax: 512 },
  { name: 'decode', source: 'decode_fuzz.cc', tokenizer: shipped, dictionary: 'json.dict', bytesMax: 3000 },
  { name: 'loader', source: 'loader_fuzz.cc', dictionary: 'loader.dict', bytesMax: 2048 },
  tokenizerTarget('wordpiece', shipped),
  ...readdirSync(join(root, kinds))
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => tokenizerTarget(basename(name, '.json'), `${kinds}/${name}`)),
];

function tokenizerTarget(name, tokenizer) {
  return { name, source: 'tokenizer_fuzz.cc', tokenizer, dictionary: 'text.dict', bytesMax: 1024 };
}
