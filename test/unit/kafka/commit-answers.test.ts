/** Answers to commits of offsets that come late, twice, or never. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CommitAnswers } from '../../../src/kafka/commit-answers.ts';

const at = (...offsets: number[]) =>
  offsets.map((offset, partition) => ({ topic: 'requests', partition, offset }));
const timeout = Object.assign(new Error('Local: Timed out'), { code: -185 });

test('an answer settles the commit of its offsets, in whatever order they stand', async () => {
  const answers = new CommitAnswers();
  const commit = answers.of(at(5, 7));
  answers.add(null, at(5, 7).reverse());
  await commit;
  const refused = answers.of(at(6, 8));
  answers.add(timeout, at(6, 8));
  await assert.rejects(refused, { code: 'KS_BROKER_UNREACHABLE', retryable: true });
});

test('a commit whose answer never came does not take the answer of the next ones', async () => {
  const answers = new CommitAnswers();
  void answers.of(at(5));
  const again = answers.of(at(5));
  answers.add(null, at(5));
  await again;
});

test('an answer that comes late is none for later offsets', async () => {
  const answers = new CommitAnswers();
  void answers.of(at(5));
  let isSettled = false;
  const next = answers.of(at(9)).then(() => {
    isSettled = true;
  });
  answers.add(null, at(5));
  answers.add(timeout, []);
  await new Promise(setImmediate);
  assert.equal(isSettled, false);
  answers.add(null, at(9));
  await next;
});
