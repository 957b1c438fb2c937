/** Hostile texts through every kind of tokenizer, with and without a model: each gets one answer, nothing hangs. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Random } from '../../src/corpus/random.ts';
import { readModel } from '../../src/infer/model.ts';
import { createPool } from '../../src/predict/model-parts.ts';
import type { ModelInfo } from '../../src/types.ts';
import { root } from '../helpers/paths.ts';
import { originOf } from './audit.ts';
import { configOf, createBroker, Member, topics, until } from './rig.ts';

const SEED = Number(process.env['KUBESENTIMENT_SEED'] ?? 20261129);
const REQUESTS = 400;
const PARTITIONS = 2;

const folder = mkdtempSync(join(tmpdir(), 'kubesentiment-texts-'));
after(() => rmSync(folder, { recursive: true }));

interface TokenizerFile {
  added_tokens: unknown[];
  post_processor: unknown;
  model: Record<string, unknown>;
}

const shipped = (path: string): TokenizerFile => JSON.parse(readFileSync(join(root, path), 'utf8'));

/** Every kind of model that native code has; `bare` ones add no token of their own, so a text may give none. */
const tokenizers: Readonly<Record<string, () => TokenizerFile>> = {
  WordPiece: () => shipped('test/fuzz/tokenizers/wordpiece-cased.json'),
  'WordPiece, bare': () => ({
    ...shipped('test/fuzz/tokenizers/wordpiece-cased.json'),
    post_processor: null,
  }),
  'byte-level BPE': () => shipped('test/fuzz/tokenizers/byte-bpe.json'),
  'byte-level BPE, bare': () => ({ ...shipped('test/fuzz/tokenizers/byte-bpe.json'), post_processor: null }),
  Unigram: () => shipped('test/fuzz/tokenizers/unigram.json'),
  'Unigram, bare': () => ({ ...shipped('test/fuzz/tokenizers/unigram.json'), post_processor: null }),
};

/** As they stand between the quotes of a JSON string. */
const pieces: readonly string[] = [
  ...['', ' ', '\\n', '\\t', '\\r\\n', '\u00a0', '\u2003', '\u3000', '\u200b', '\ufeff'],
  ...['\\u0000', '\\u0001', '\\u001f', '\u007f', '\u0085', '\u009f', '\u202e', '\u2066', '\ufffe'],
  ...['\\ud83d', '\\ude00', '\\ude00\\ud83d', '\\ud83d\\ude00', '\u{1f468}\u200d\u{1f469}\u200d\u{1f467}'],
  ...[
    'x'.repeat(5_000),
    'é'.repeat(999),
    '中'.repeat(400),
    `e${'\u0301'.repeat(2_000)}`,
    '\u0e33'.repeat(50),
  ],
  ...['\u{10ffff}', '\u{e0001}', '\u{1e900}', '\u{11f00}', '\u0378', '\u1100\u1161\u11a8', '\uac01'],
  ...['[CLS]', '[SEP]', '[PAD]', '[MASK]', '<s>', '</s>', '<unk>', '<|endoftext|>', '##', '\u2581', '\u0120'],
  ...['good', 'bad', 'It is', '!!!', '\\"', '\\\\', '\\/', '{', '$', '%s', '1e999', '-0'],
];

function texts(): string[] {
  const random = new Random(SEED);
  const some = Array.from({ length: REQUESTS - pieces.length }, () =>
    Array.from({ length: random.between(1, 5) }, () => random.pick(pieces)).join(random.pick(['', ' '])),
  );
  return [...pieces, ...some];
}

async function answersTo(settings: Record<string, unknown>, model: ModelInfo): Promise<void> {
  const broker = createBroker(PARTITIONS);
  for (const [i, text] of texts().entries()) {
    const value = Buffer.from(`{"text":"${text}"}`);
    broker.request(topics.requests, { partition: i % PARTITIONS, value }, 0);
  }
  const config = configOf(settings);
  const modelPool = createPool(config, model);
  const member = new Member(broker, { settings, model, modelPool }).start();
  try {
    await until('each text has an answer', () => broker.audit.answered === REQUESTS, 60_000);
    assert.deepEqual(member.fatal, []);
    assert.deepEqual(broker.audit.violations, []);
    const records = [...broker.all(topics.results), ...broker.all(topics.deadLetters)];
    const origins = new Set(records.map(originOf).map(({ partition, offset }) => `${partition}/${offset}`));
    assert.deepEqual([records.length, origins.size], [REQUESTS, REQUESTS], `seed ${SEED}`);
  } finally {
    await member.stop();
    await modelPool.close();
  }
}

const base = readModel(join(root, 'models/accurate'), { maxLength: 32 });

for (const [name, make] of Object.entries(tokenizers)) {
  test(`${name}: every text has one answer`, async () => {
    const tokenizerPath = join(folder, `${name.replaceAll(/\W/g, '-')}.json`);
    writeFileSync(tokenizerPath, JSON.stringify(make()));
    await answersTo({ 'model.path': null, 'model.max_threads': 1 }, { ...base, tokenizerPath, padId: 0 });
  });
}

test('models/default: every text has one answer', async () => {
  const path = join(root, 'models/default');
  await answersTo({ 'model.path': path, 'model.max_threads': 1 }, readModel(path, { maxLength: 32 }));
});
