/** `dedup: id` with the real decoder: the second request with an id has no result of its own. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { Batcher } from '../../../src/classify/batcher.ts';
import type { ConsumerClient, Polled } from '../../../src/clients.ts';
import { IdWindow } from '../../../src/consume/id-window.ts';
import { Decoder } from '../../../src/decode/decoder.ts';
import { Counters } from '../../../src/metrics/counters.ts';
import { Assignments } from '../../../src/consume/assignments.ts';
import { Intake } from '../../../src/consume/intake.ts';
import type { WaitingRows } from '../../../src/consume/waiting-rows.ts';
import { Signal } from '../../../src/signal.ts';
import { SlotTable } from '../../../src/slots.ts';
import type { SourceMessage } from '../../../src/types.ts';
import { root } from '../../helpers/paths.ts';

const consumer = { index: 0 } as ConsumerClient;
const partitions = [{ topic: 't', partition: 0 }];

function intakeWith(idWindow: IdWindow | undefined) {
  const table = new SlotTable(32);
  const counters = new Counters();
  const fail = (error: unknown): never => {
    throw error;
  };
  const assignments = new Assignments({
    table,
    drainTimeoutMs: 0,
    onRebalance: () => undefined,
    onFatal: fail,
  });
  assignments.assigned(consumer, partitions);
  const decoder = new Decoder({
    tokenizerPath: join(root, 'models/accurate/tokenizer.json'),
    maxTokens: 16,
    table,
    maxMessageBytes: 1_000,
    maxDepth: 8,
    labels: ['NEGATIVE', 'POSITIVE'],
    modelName: 'm',
    modelVersion: '1',
  });
  const batcher = new Batcher({ table, lengthMax: 16, rowsMax: 8, tokensMax: 128, timeoutMs: 100 });
  const rows: WaitingRows = {
    get queued() {
      return batcher.queued;
    },
    add: (slot, priority) => batcher.add(slot, priority),
    addAlone: (slot) => batcher.add(slot, 1),
    dispatch: () => undefined,
  };
  const settings = {
    pollMax: 16,
    readAhead: { messagesMin: 16, messagesMax: 16, aheadMs: 100 },
    bytesMax: 1e6,
    skipsTombstones: [true],
    slack: 1,
  };
  const signals = { room: new Signal(), finished: new Signal() };
  const intake = new Intake(settings, {
    table,
    decoder,
    idWindow,
    rows,
    assignments,
    counters,
    ...signals,
  });
  return { table, counters, assignments, batcher, intake };
}

function message(offset: number, id: string | undefined): SourceMessage {
  const value = Buffer.from(JSON.stringify({ id, text: 'fine' }));
  return { topic: 't', partition: 0, offset, value, size: value.length };
}

function polled(...messages: readonly SourceMessage[]): Polled {
  return { messages, ends: [] };
}

test('the second request with an id is a duplicate, in the same poll and later', () => {
  const { table, counters, batcher, intake } = intakeWith(new IdWindow({ capacity: 100, ttlS: 60 }));
  intake.take(
    consumer,
    polled(message(0, 'a'), message(1, 'a'), message(2, undefined), message(3, undefined)),
    0,
  );
  intake.take(consumer, polled(message(4, 'b'), message(5, 'a')), 0);
  const duplicates = Array.from({ length: 6 }, (_, slot) => table.isPassedOver(slot));
  assert.deepEqual(duplicates, [false, true, false, false, false, true]);
  assert.equal(counters.messagesDuplicate, 2);
  assert.equal(batcher.queued, 4);
});

test('a replayed dead letter is processed, although its id came before', () => {
  const { counters, batcher, intake } = intakeWith(new IdWindow({ capacity: 100, ttlS: 60 }));
  const replayed = (offset: number, count: string) => ({
    ...message(offset, 'a'),
    headers: [
      { 'kafka_dlt-original-topic': message(0, 'a').topic },
      { 'kafka_dlt-original-partition': '0' },
      { 'kafka_dlt-original-offset': '0' },
      { 'x-error-type': 'timeout' },
      { 'x-replay-count': Buffer.from(count) },
    ],
  });
  intake.take(consumer, polled(message(0, 'a'), replayed(1, '1'), replayed(2, '2')), 0);
  assert.equal(counters.messagesDuplicate, 0);
  intake.take(consumer, polled(replayed(3, '0'), message(4, 'a')), 0);
  assert.equal(counters.messagesDuplicate, 2);
  assert.equal(batcher.queued, 3);
});

test('a record that is read again after a rebalance is not a duplicate of itself', async () => {
  const { counters, assignments, intake } = intakeWith(new IdWindow({ capacity: 100, ttlS: 60 }));
  intake.take(consumer, polled(message(0, 'a')), 0);
  await assignments.revoked(consumer, partitions, true);
  assignments.assigned(consumer, partitions);
  intake.take(consumer, polled(message(0, 'a'), message(1, 'a')), 0);
  assert.equal(counters.messagesDuplicate, 1);
});

test('without a window of ids every request is taken', () => {
  const { counters, batcher, intake } = intakeWith(undefined);
  intake.take(consumer, polled(message(0, 'a'), message(1, 'a')), 0);
  assert.equal(counters.messagesDuplicate, 0);
  assert.equal(batcher.queued, 2);
});
