/** The transactional producer over a scripted node-rdkafka: what each error of librdkafka leads to. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rdkafka } from '../../../src/kafka/codes.ts';
import {
  type TransactionalOptions,
  TransactionalProducer,
} from '../../../src/kafka/transactional-producer.ts';
import { failure, HANGS, record, type Script, scripted } from './scripted-producer.ts';

const fenced = () => failure(rdkafka.fenced, { isFatal: true });

function producerWith(scripts: Script[], own: Partial<TransactionalOptions> = {}) {
  const { options, ...seen } = scripted(scripts);
  return { producer: new TransactionalProducer({ ...options, ...own }), ...seen };
}

test('a fenced producer whose id nobody else can have is replaced by one under the same id', async () => {
  const { producer, clients } = producerWith([{ commit: [fenced()] }], { idIsShared: false });
  await producer.connect();
  await producer.begin();
  await assert.rejects(producer.commit(), { code: 'KS_PRODUCER_EXPIRED' });
  await producer.abort();
  await producer.begin();
  await producer.commit();
  assert.deepEqual(clients[0]?.calls.slice(-3), ['begin', 'commit', 'disconnect']);
  assert.deepEqual(clients[1]?.calls, ['connect', 'init', 'begin', 'commit']);
});

test('a client that hangs is left behind, and the next one goes on under the same id', async () => {
  for (const call of ['offsets', 'commit'] as const) {
    const { producer, clients, fatal } = producerWith([{ [call]: [HANGS] }], { hangMs: 300 });
    await producer.connect();
    await producer.begin();
    const hanging = call === 'offsets' ? producer.sendOffsets({} as never, []) : producer.commit();
    await assert.rejects(hanging, { code: 'KS_PRODUCER_EXPIRED', retryable: true });
    await producer.abort();
    await producer.begin();
    await producer.commit();
    assert.ok(!clients[0]?.calls.includes('disconnect'), 'it would hang as well');
    assert.deepEqual(clients[1]?.calls, ['connect', 'init', 'begin', 'commit']);
    assert.deepEqual(fatal, []);
  }
});

test('a client that waits without end for a broker that answers is replaced', async () => {
  const waits = () => failure(rdkafka.timedOut, { isRetriable: true });
  const { producer, clients } = producerWith([{ abort: Array.from({ length: 50 }, waits) }], { hangMs: 100 });
  await producer.connect();
  await producer.begin();
  await producer.abort();
  await producer.begin();
  await producer.commit();
  assert.equal(clients[0]?.calls.at(-1), 'disconnect');
  assert.deepEqual(clients[1]?.calls, ['connect', 'init', 'begin', 'commit']);
});

test('a client that no broker answers any more is replaced too, since a new one may get an answer', async () => {
  const waits = () => failure(rdkafka.timedOut, { isRetriable: true });
  const { options, clients } = scripted([{ abort: Array.from({ length: 100 }, waits) }]);
  const producer = new TransactionalProducer({ ...options, hangMs: 50 });
  await producer.connect();
  clients[0]?.refuse('metadata', waits());
  await producer.begin();
  await producer.abort();
  await producer.begin();
  await producer.commit();
  assert.deepEqual(clients[1]?.calls, ['connect', 'init', 'begin', 'commit']);
});

test('one client after the other that hangs is too much', async () => {
  const { producer, clients } = producerWith(
    [{ begin: [HANGS] }, { init: [HANGS] }, { init: [HANGS] }, { begin: [HANGS] }],
    {
      hangMs: 300,
    },
  );
  await producer.connect();
  await assert.rejects(producer.begin(), { code: 'KS_PRODUCER_EXPIRED' });
  await assert.rejects(producer.abort(), { code: 'KS_PRODUCER_EXPIRED' });
  await assert.rejects(producer.abort(), { code: 'KS_PRODUCER_EXPIRED' });
  await producer.abort();
  await assert.rejects(producer.begin(), { code: 'KS_KAFKA_FATAL' });
  assert.equal(clients.length, 4);
});

test('a fenced producer whose transaction is young has met another process, and does not come back', async () => {
  const { producer, clients } = producerWith([{ offsets: [fenced()], abort: [fenced()] }]);
  await producer.connect();
  await producer.begin();
  await assert.rejects(producer.sendOffsets({} as never, []), { code: 'KS_PRODUCER_FENCED' });
  await assert.rejects(producer.abort(), { code: 'KS_PRODUCER_FENCED' });
  assert.equal(clients.length, 1);
});

test('a record that fails while offsets are sent is the reason that is told, not the state it leaves', async () => {
  const refused = failure(rdkafka.topicAuthorization, { isTxnRequiresAbort: true });
  const { producer, clients } = producerWith([{ offsets: [failure(rdkafka.state), refused] }]);
  await producer.connect();
  await producer.begin();
  await assert.rejects(producer.sendOffsets({} as never, []), { code: 'KS_NOT_AUTHORIZED' });
  assert.equal(clients[0]?.calls.filter((call) => call === 'offsets').length, 2);
});

test('after a record that nobody took the partitions of its topic are asked for again', async () => {
  const { producer, clients } = producerWith([
    { commit: [failure(rdkafka.timedOut, { isTxnRequiresAbort: true })] },
  ]);
  await producer.connect();
  const asked = () => clients[0]?.calls.filter((call) => call === 'metadata').length ?? 0;
  const before = asked();
  await producer.begin();
  await assert.rejects(producer.commit(), { code: 'KS_KAFKA_ABORTABLE' });
  assert.equal(asked(), before + 1);
});

test('a transaction that the coordinator does not know is begun afresh', async () => {
  const { producer, clients } = producerWith([
    {
      commit: [failure(rdkafka.timedOut, { isTxnRequiresAbort: true })],
      abort: [failure(48, { isFatal: true })],
    },
  ]);
  await producer.connect();
  await producer.begin();
  await assert.rejects(producer.commit(), { code: 'KS_KAFKA_ABORTABLE' });
  await producer.abort(); // finds out that only a new client helps
  assert.equal(clients.length, 2);
  await producer.begin();
  await producer.commit();
});

test('a replacement that fails is tried again by the next abort', async () => {
  const unreachable = failure(rdkafka.transport);
  const { producer, clients } = producerWith([{ commit: [fenced()] }, { connect: [unreachable] }], {
    idIsShared: false,
  });
  await producer.connect();
  await producer.begin();
  await assert.rejects(producer.commit());
  await assert.rejects(producer.abort(), { code: 'KS_BROKER_UNREACHABLE' });
  await producer.abort();
  assert.deepEqual(clients[2]?.calls, ['connect', 'init']);
});

test('an abort with nothing open does nothing', async () => {
  const { producer, clients } = producerWith([{}]);
  await producer.connect();
  await producer.abort();
  await producer.begin();
  await producer.commit();
  await producer.abort();
  assert.ok(!clients[0]?.calls.includes('abort'));
});

test('a record that comes too late for its transaction is a reason to abort, no more', async () => {
  const { producer } = producerWith([{ produce: [failure(rdkafka.state), failure(rdkafka.queueFull)] }]);
  await producer.connect();
  await producer.begin();
  assert.throws(() => producer.produce(record), { code: 'KS_KAFKA_ABORTABLE' });
  assert.equal(producer.produce(record), false);
  assert.equal(producer.produce(record), true);
});

test('a record that meets a producer fenced meanwhile is one too: the abort tells, and replaces it', async () => {
  const scripts = [{ produce: [failure(rdkafka.fatal)], abort: [fenced()] }];
  const { producer, clients } = producerWith(scripts, { idIsShared: false });
  await producer.connect();
  await producer.begin();
  assert.throws(() => producer.produce(record), { code: 'KS_KAFKA_ABORTABLE' });
  await producer.abort();
  assert.equal(clients.length, 2);
});

test('a topic that refuses records is looked at again, and may have other partitions', async () => {
  const { producer, clients } = producerWith([{ produce: [failure(rdkafka.unknownPartition)] }]);
  await producer.connect();
  const before = clients[0]?.calls.filter((call) => call === 'metadata').length as number;
  assert.throws(() => producer.produce(record), { code: 'KS_TOPIC_MISSING' });
  await new Promise((done) => setTimeout(done, 20));
  assert.equal(clients[0]?.calls.filter((call) => call === 'metadata').length, before + 1);
});

test('records out of sequence: a new producer begins afresh, and the old transaction is undone', async () => {
  const { producer, clients } = producerWith([
    { offsets: [failure(rdkafka.outOfOrderSequence, { isFatal: true })] },
  ]);
  await producer.connect();
  await producer.begin();
  await assert.rejects(producer.sendOffsets({} as never, []), { code: 'KS_PRODUCER_EXPIRED' });
  await producer.abort();
  await producer.begin();
  await producer.commit();
  assert.equal(clients.length, 2);
});

/** As librdkafka words it. */
const failed = (code: number, message: string, flags: Record<string, boolean> = {}) =>
  Object.assign(new Error(message), { code, ...flags });

for (const [name, mayHaveCommitted, error] of [
  ['no answer at all', true, HANGS],
  ['asked again and again', true, failed(rdkafka.timedOut, 'Timed out waiting for operation to finish', {})],
  [
    'a fence that the commit ran into',
    true,
    failed(rdkafka.fenced, 'Failed to end transaction: x', { isFatal: true }),
  ],
  [
    'failed here while it was asked',
    true,
    failed(rdkafka.timedOut, 'EndTxn failed with x but', { isTxnRequiresAbort: true }),
  ],
  [
    'records that are not written yet',
    false,
    failed(rdkafka.timedOut, 'Failed to flush all outstanding messages', {}),
  ],
  ['refused', false, failed(47, 'EndTxn commit failed: x', { isTxnRequiresAbort: true })],
  [
    'a record that failed before',
    false,
    failed(10, 'ProduceRequest for x failed', { isTxnRequiresAbort: true }),
  ],
  [
    'a fence that a record ran into',
    false,
    failed(rdkafka.fenced, 'ProduceRequest for x failed', { isFatal: true }),
  ],
] as const) {
  test(`a commit that failed may ${mayHaveCommitted ? '' : 'not '}have taken effect: ${name}`, async () => {
    const { producer } = producerWith([{ commit: [error] }], { hangMs: 300, idIsShared: false });
    await producer.connect();
    await producer.begin();
    await assert.rejects(producer.commit());
    assert.equal(producer.mayHaveCommitted, mayHaveCommitted);
    await producer.abort();
    await producer.begin();
    assert.equal(producer.mayHaveCommitted, false);
  });
}

test('a transaction that is open when the producer closes is ended by a successor', async () => {
  for (const script of [{}, { offsets: [fenced()] }, { offsets: [HANGS] }]) {
    const { producer, clients } = producerWith([script], { hangMs: 300, idIsShared: false });
    await producer.connect();
    await producer.begin();
    if ('offsets' in script) await assert.rejects(producer.sendOffsets({} as never, []));
    await producer.disconnect();
    assert.deepEqual(clients[1]?.calls, ['connect', 'init', 'disconnect']);
  }
});

test('without an open transaction, or with another process under the id, there is no successor', async () => {
  const idle = producerWith([{}]);
  await idle.producer.connect();
  await idle.producer.begin();
  await idle.producer.commit();
  await idle.producer.disconnect();
  assert.equal(idle.clients.length, 1);

  const other = producerWith([{ offsets: [fenced()] }]);
  await other.producer.connect();
  await other.producer.begin();
  await assert.rejects(other.producer.sendOffsets({} as never, []), { code: 'KS_PRODUCER_FENCED' });
  await other.producer.disconnect();
  assert.equal(other.clients.length, 1);
});

test('a successor that no broker answers is tried once: closing does not wait for it', async () => {
  const { producer, clients, warnings } = producerWith([{}, { connect: [failure(rdkafka.transport)] }]);
  await producer.connect();
  await producer.begin();
  await producer.disconnect();
  assert.equal(clients.length, 2);
  assert.ok(warnings.some(({ code }) => code === 'KS_BROKER_UNREACHABLE'));
});

test('a fatal event is no more than a warning: the calls of the transaction tell', async () => {
  const { clients, fatal, warnings } = producerWith([{}]);
  clients[0]?.emit('event.error', Object.assign(new Error('fatal error'), { code: -1 }));
  await new Promise(setImmediate);
  await new Promise(setImmediate);
  assert.deepEqual([fatal.length, warnings.length], [0, 1]);
});

test('a producer that could not connect closes without a word of its own', async () => {
  const { producer } = producerWith([{ connect: [failure(rdkafka.transport)] }]);
  await assert.rejects(producer.connect(), { code: 'KS_BROKER_UNREACHABLE' });
  await producer.disconnect();
  await producerWith([{}]).producer.disconnect(); // nor does one that never tried
});
