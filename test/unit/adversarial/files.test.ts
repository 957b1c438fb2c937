/** What lies on the disk: configuration, keyrings, model directories. Each is taken or refused with a sentence. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadConfig } from '../../../src/config/load.ts';
import { printConfig } from '../../../src/config/print.ts';
import { Keyring } from '../../../src/crypto/keyring.ts';
import { describeError, KubesentimentError } from '../../../src/errors.ts';
import { readModel } from '../../../src/infer/model.ts';
import { SlotTable } from '../../../src/slots.ts';
import { Decoder } from '../../../src/decode/decoder.ts';
import { graphOf } from '../../models/graphs.ts';
import { onnxModel } from '../../models/onnx-writer.ts';
import { each, MARKED } from './generator.ts';

/** Anything but an error of ours is a crash. */
function refusalOf(attempt: () => unknown, code: RegExp): string | undefined {
  try {
    attempt();
    return undefined;
  } catch (error) {
    if (!(error instanceof KubesentimentError)) throw error;
    assert.match(error.code, code);
    return `${describeError(error)}`;
  }
}

function inFolder<T>(action: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'kubesentiment-adversarial-'));
  return action(folder).finally(() => rmSync(folder, { recursive: true, force: true }));
}

const yaml = `# a comment
kafka:
  bootstrap_servers: [a:9092, "b:9092"]
  topic: requests
  batch_size: 64
  buffer_bytes: 64 MiB
  security_protocol: SASL_SSL
  sasl_mechanism: PLAIN
  sasl_plain_username: me
  sasl_plain_password: ${MARKED}
  librdkafka: {client.rack: r1, ssl.keystore.password: ${MARKED}}
model: {path: models/default, max_threads: 2}
http:
  host: 127.0.0.1
  token: ${MARKED}${MARKED}
encryption:
  keyring: |
    {"k": "${MARKED}"}
logging: {level: info}
`;

test('configuration files: no crash, and no secret in what is said about them or printed of them', async () => {
  await inFolder(async (folder) => {
    const file = join(folder, 'kafka.yaml');
    let printed = 0;
    await each('configurations', [yaml, yaml.replaceAll('\n', '\r\n')], (input) => {
      writeFileSync(file, input);
      let text = '';
      const sentence = refusalOf(() => {
        text = printConfig(loadConfig({ file }));
      }, /^KS_CONFIG_INVALID$/);
      // Behind a damaged key, or another one, a secret cannot be known as one.
      if (!isIntact(input)) return;
      assert.ok(!sentence?.includes(MARKED), sentence);
      assert.ok(!text.includes(MARKED), text);
      if (text !== '') printed++;
    });
    assert.ok(printed > 50, `${printed} printed`);
  });
});

const secretKeys = [
  '  sasl_plain_password: ',
  '  token: ',
  '  keyring: |',
  'ssl.keystore.password: ',
  'encryption:',
];
function isIntact(input: Buffer): boolean {
  const text = input.toString('latin1');
  return secretKeys.every((key) => text.includes(`${key}`)) && text.split(MARKED).length === 6;
}

test('keyrings: no crash, and no part of a key in what is said about them', async () => {
  const secret = Buffer.from(`${MARKED}${MARKED}${MARKED}`.slice(0, 32)).toString('base64');
  const json = [JSON.stringify({ old: secret, new: secret }), JSON.stringify({ k: secret }, undefined, 2)];
  await each('keyrings', json, (input) => {
    const sentence = refusalOf(() => {
      const keyring = Keyring.parse(input.toString('utf8'));
      assert.ok(keyring.find(keyring.activeId));
      assert.ok(!JSON.stringify(keyring.describe()).includes(secret.slice(0, 12)));
    }, /^KS_KEYRING_INVALID$/);
    assert.ok(!sentence?.includes(secret.slice(0, 12)), sentence);
  });
});

const config = JSON.stringify({
  model_type: 'bert',
  id2label: { 0: 'NEGATIVE', 1: 'POSITIVE' },
  max_position_embeddings: 512,
  pad_token_id: 0,
});
const tokenizer = JSON.stringify({
  version: '1.0',
  truncation: null,
  padding: null,
  added_tokens: [
    {
      id: 0,
      content: '[PAD]',
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    },
    {
      id: 2,
      content: '[CLS]',
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    },
  ],
  normalizer: { type: 'BertNormalizer', clean_text: true, handle_chinese_chars: true, lowercase: true },
  pre_tokenizer: { type: 'BertPreTokenizer' },
  post_processor: { type: 'BertProcessing', cls: ['[CLS]', 2], sep: ['[SEP]', 3] },
  decoder: null,
  model: {
    type: 'WordPiece',
    unk_token: '[UNK]',
    continuing_subword_prefix: '##',
    max_input_chars_per_word: 100,
    vocab: { '[PAD]': 0, '[UNK]': 1, '[CLS]': 2, '[SEP]': 3, good: 4, '##ness': 5, 中: 6, e: 7 },
  },
});

/** Valid JSON of the wrong kind. */
const odd = ['null', '[]', '1', '""']
  .concat(['"512"', '-1', '0', '1.5', 'null', '[]'].map((value) => config.replace('512', value)))
  .concat(
    ['null', '[]', '{"0":1,"1":2}', '["a","b"]', '"ab"'].map((value) => config.replace(/\{"0.+?\}/, value)),
  )
  .concat(
    ['"0"', '-2', '0.5', '{}'].map((value) => config.replace('"pad_token_id":0', `"pad_token_id":${value}`)),
  );

test('model directories: no crash of config.json or tokenizer.json, whatever is in them', async () => {
  await inFolder(async (folder) => {
    writeFileSync(join(folder, 'model.onnx'), onnxModel(graphOf()));
    const path = (name: string): string => join(folder, name);
    let made = 0;
    let number = 0;
    await each('models', [config, tokenizer, ...odd], (input) => {
      const isConfig = number++ % 3 === 0;
      writeFileSync(path('config.json'), isConfig ? input : config);
      writeFileSync(path('tokenizer.json'), isConfig ? tokenizer : input);
      refusalOf(() => {
        const { tokenizerPath, labels, maxLength, padId } = readModel(folder, { maxLength: 64 });
        assert.ok(labels.length >= 1 && Number.isInteger(maxLength) && Number.isInteger(padId));
        const table = new SlotTable(4);
        const options = {
          tokenizerPath,
          table,
          maxTokens: maxLength,
          maxMessageBytes: 1000,
          maxDepth: 8,
          padId,
        };
        const decoder = new Decoder({ ...options, labels, modelName: 'm', modelVersion: 'v' });
        decoder.decodeTexts(['goodness 中 é', 'x '.repeat(200)], Int32Array.of(0, 1), 2);
        decoder.close();
        made++;
      }, /^KS_(MODEL_|ADDON_MISUSE)/);
    });
    assert.ok(made > 5, `${made} were usable`);
  });
});
