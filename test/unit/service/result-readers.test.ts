/** The iterators of `results()`: what they buffer, what they drop, and how they end. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ResultReaders, type ResultStream } from '../../../src/service/result-readers.ts';
import type { ProcessedMessage } from '../../../src/session/commit-report.ts';

/** A commit of `count` results from `offset` on. */
function commit(offset: number, count = 1): ProcessedMessage[] {
  return Array.from({ length: count }, (_, i) => ({
    ...{ topic: 'requests', partition: 0, offset: offset + i, key: null },
    ...{ label: 'POSITIVE', score: 1, truncated: false, errorType: undefined },
  }));
}

function open(readers: ResultReaders, bufferMax = 10): { stream: ResultStream; drops: () => number } {
  let drops = 0;
  const stream = readers.open({ bufferMax, onDropped: () => drops++ });
  return { stream, drops: () => drops };
}

async function offsetsOf(stream: ResultStream): Promise<number[]> {
  const offsets: number[] = [];
  for await (const messages of stream) offsets.push(...messages.map(({ offset }) => offset));
  return offsets;
}

test('every reader gets every commit from its opening on, the same array as everybody', async () => {
  const readers = new ResultReaders();
  assert.equal(readers.isEmpty, true);
  const { stream: first } = open(readers);
  const waiting = first.next();
  const [one, two] = [commit(0, 2), commit(2)];
  readers.deliver(one);
  const { stream: second } = open(readers);
  readers.deliver(two);
  readers.end();
  assert.equal((await waiting).value, one);
  assert.deepEqual(await offsetsOf(first), [2]);
  assert.equal((await second.next()).value, two);
  assert.deepEqual(await second.next(), { done: true, value: undefined });
  assert.equal(readers.isEmpty, true);
});

test('a slow reader loses the oldest commits, and they are counted; a quick one beside it loses none', async () => {
  const readers = new ResultReaders();
  const { stream: slow, drops } = open(readers, 4);
  const { stream: quick, drops: quickDrops } = open(readers, 4);
  for (let i = 0; i < 5; i++) {
    readers.deliver(commit(2 * i, 2));
    assert.equal((await quick.next()).value?.[0]?.offset, 2 * i);
  }
  assert.deepEqual([slow.dropped, drops(), quick.dropped, quickDrops()], [6, 1, 0, 0]);
  readers.end();
  assert.deepEqual(await offsetsOf(slow), [6, 7, 8, 9]);
});

test('a reader that has caught up and falls behind again is told of again', async () => {
  const readers = new ResultReaders();
  const { stream, drops } = open(readers, 1);
  for (let i = 0; i < 3; i++) readers.deliver(commit(i));
  assert.equal((await stream.next()).value?.[0]?.offset, 2);
  for (let i = 3; i < 6; i++) readers.deliver(commit(i));
  assert.deepEqual([stream.dropped, drops()], [4, 2]);
});

test('the newest commit is kept, even one that is larger than the buffer', async () => {
  const readers = new ResultReaders();
  const { stream } = open(readers, 3);
  readers.deliver(commit(0));
  readers.deliver(commit(1, 5));
  assert.equal(stream.dropped, 1);
  readers.end();
  assert.deepEqual(await offsetsOf(stream), [1, 2, 3, 4, 5]);
});

test('leaving the loop closes the reader: nothing more is kept for it', async () => {
  const readers = new ResultReaders();
  const { stream } = open(readers);
  for (let i = 0; i < 3; i++) readers.deliver(commit(i));
  for await (const [message] of stream) {
    assert.equal(message?.offset, 0);
    break;
  }
  assert.equal(readers.isEmpty, true);
  assert.deepEqual(await stream.next(), { done: true, value: undefined });
});

test('`return` ends a `next` that waits', async () => {
  const readers = new ResultReaders();
  const { stream } = open(readers);
  const waiting = stream.next();
  await stream.return();
  assert.deepEqual(await waiting, { done: true, value: undefined });
});

test('a failure rejects once, after what had been committed before', async () => {
  const readers = new ResultReaders();
  const { stream: behind } = open(readers);
  readers.deliver(commit(0));
  const { stream: waits } = open(readers);
  const waiting = [waits.next(), waits.next()];
  const failure = new Error('It broke.');
  readers.end(failure);
  assert.equal((await behind.next()).value?.[0]?.offset, 0);
  await assert.rejects(behind.next(), failure);
  assert.deepEqual(await behind.next(), { done: true, value: undefined });
  await assert.rejects(waiting[0] as Promise<unknown>, failure);
  assert.deepEqual(await waiting[1], { done: true, value: undefined });
});
