/** Messages that make the model fail: each becomes a dead letter by itself, and takes no others down with it. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { headerOf, originOf } from './audit.ts';
import { isPoisoned } from './poison.ts';
import {
  createBroker,
  deadLetterTypes,
  faultsOf,
  Member,
  model,
  sendRequest,
  textOf,
  topics,
  until,
} from './rig.ts';

test('one poison message in a batch of 200 becomes one dead letter after its retries', async () => {
  const broker = createBroker(1);
  for (let i = 0; i < 200; i++) sendRequest(broker, 0, i === 77 ? 'a poison here' : 'a good thing');
  const member = new Member(broker, {
    settings: {
      'kafka.consumer_threads': 1,
      'kafka.buffer_size': 400,
      'kafka.max_poll_records': 200,
      'kafka.batch_size': 200,
      'kafka.max_retries': 3,
      'model.tokens_per_batch': 1024, // all of them
    },
    pool: { threads: 1, fault: (rows) => (isPoisoned(rows) ? 'fail' : 'none') },
  }).start();
  await until('all is done', () => broker.audit.answered === 200);
  await member.stop();

  assert.deepEqual(faultsOf(broker), []);
  assert.equal(broker.all(topics.results).length, 199);
  const [letter, ...more] = broker.all(topics.deadLetters);
  assert.ok(letter !== undefined && more.length === 0);
  assert.equal(originOf(letter).offset, 77);
  assert.equal(headerOf(letter.headers, 'x-error-type'), 'inference_failed');
  assert.equal(headerOf(letter.headers, 'x-stage'), 'infer');
  assert.equal(headerOf(letter.headers, 'x-attempts'), '4');
  assert.equal(member.counters.messagesRetried, 3);
  assert.equal(member.counters.messagesProcessed, 199);
  assert.equal(Math.max(...member.pool.batches), 200);
});

test('many poison messages in one batch are all found', async () => {
  const broker = createBroker(2);
  for (let i = 0; i < 300; i++) sendRequest(broker, i % 2, i % 10 === 0 ? `poison ${i}` : textOf(i));
  const member = new Member(broker, {
    settings: { 'kafka.max_retries': 1 },
    pool: { fault: (rows) => (isPoisoned(rows) ? 'fail' : 'none') },
  }).start();
  await until('all is done', () => broker.audit.answered === 300);
  await member.stop();
  assert.deepEqual(faultsOf(broker), []);
  assert.deepEqual(deadLetterTypes(broker), Array(30).fill('inference_failed'));
});

test('a message on which the model takes too long becomes a dead letter of type timeout', async () => {
  const broker = createBroker(1);
  for (let i = 0; i < 40; i++) sendRequest(broker, 0, i === 5 ? 'poison' : textOf(i));
  const member = new Member(broker, {
    settings: { 'kafka.max_retries': 1 },
    pool: { hangMs: 40, timeoutMs: 10, fault: (rows) => (isPoisoned(rows) ? 'hang' : 'none') },
  }).start();
  await until('all is done', () => broker.audit.answered === 40);
  await member.stop();
  assert.deepEqual(faultsOf(broker), []);
  assert.deepEqual(deadLetterTypes(broker), ['timeout']);
});

test('a model that returns NaN fails on that row only', async () => {
  const broker = createBroker(1);
  for (let i = 0; i < 40; i++) sendRequest(broker, 0, i === 5 ? 'poison' : textOf(i));
  const member = new Member(broker, {
    settings: { 'kafka.batch_size': 1 },
    pool: { fault: (rows) => (isPoisoned(rows) ? 'nan' : 'none') },
  }).start();
  await until('all is done', () => broker.audit.answered === 40);
  await member.stop();
  assert.deepEqual(faultsOf(broker), []);
  assert.deepEqual(deadLetterTypes(broker), ['inference_failed']);
});

test('without a dead-letter topic failed messages are counted and skipped', async () => {
  const broker = createBroker(1);
  for (let i = 0; i < 40; i++) sendRequest(broker, 0, i % 4 === 0 ? 'poison' : textOf(i));
  const member = new Member(broker, {
    settings: { 'kafka.dlq_enabled': false, 'kafka.max_retries': 0 },
    pool: { fault: (rows) => (isPoisoned(rows) ? 'fail' : 'none') },
  }).start();
  const source = { topic: topics.requests, partition: 0 };
  await until('all is committed', () => broker.committed(source) === 40);
  await member.stop();
  assert.equal(broker.all(topics.results).length, 30);
  assert.equal(broker.all(topics.deadLetters).length, 0);
  assert.equal(member.counters.messagesFailed, 10);
  assert.equal(member.counters.deadLetters, 0);
});

test('texts without tokens get a result, with a tokenizer that adds none of its own', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'kubesentiment-tokenizer-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const tokenizerPath = join(folder, 'tokenizer.json');
  writeFileSync(tokenizerPath, JSON.stringify(withoutSpecialTokens));
  const broker = createBroker(1);
  const texts = ['', 'aa', '', 'a', ''];
  for (const text of texts) sendRequest(broker, 0, text);
  const rows: (readonly number[])[] = [];
  const member = new Member(broker, {
    model: { ...model, tokenizerPath, padId: 0 },
    pool: {
      fault: (batch) => {
        rows.push(...batch);
        return 'none';
      },
    },
  }).start();
  await until('all is done', () => broker.audit.answered === texts.length);
  await member.stop();
  // What another tokenizer makes of a text is not what the audit expects, so only the count is compared.
  assert.equal(broker.all(topics.results).length, texts.length);
  assert.deepEqual(rows.map((row) => row.length).sort(), [1, 1, 1, 1, 1]);
});

/** Byte-level BPE in its simplest form, as GPT-2 has it: no post-processor, so nothing is added to a text. */
const withoutSpecialTokens = {
  pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false },
  model: {
    type: 'BPE',
    vocab: Object.fromEntries([...byteLetters(), 'aa'].map((text, id) => [text, id])),
    merges: ['a a'],
  },
};

/** A letter for each byte: itself where it can be seen, else one from U+0100 on. */
function byteLetters(): string[] {
  let unseen = 256;
  return Array.from({ length: 256 }, (_, byte) => {
    const isSeen = (byte > 0x20 && byte < 0x7f) || (byte > 0xa0 && byte !== 0xad);
    return String.fromCodePoint(isSeen ? byte : unseen++);
  });
}
