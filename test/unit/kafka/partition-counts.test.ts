import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rdkafka } from '../../../src/kafka/codes.ts';
import { PartitionCounts } from '../../../src/kafka/partition-counts.ts';

type Client = Parameters<PartitionCounts['read']>[0];
type Done = (error: unknown, metadata?: object) => void;

/** A cluster whose topics have as many partitions as `counts` says at the moment; 0: there is no such topic. */
function clientOf(counts: Record<string, number>) {
  const asked: string[] = [];
  const state = { isAway: false };
  const client = {
    getMetadata: ({ topic }: { topic: string }, done: Done) => {
      asked.push(topic);
      const partitions = Array.from({ length: counts[topic] ?? 0 }, () => ({}));
      const topics = partitions.length > 0 ? [{ name: topic, partitions }] : [];
      setImmediate(() => (state.isAway ? done({ code: rdkafka.timedOut }) : done(undefined, { topics })));
    },
  } as unknown as Client;
  return { client, asked, state };
}

const failure = (code: number) => Object.assign(new Error('On purpose'), { code });
const gone = failure(rdkafka.unknownPartition);

test('counts are read once and kept', async () => {
  const { client, asked } = clientOf({ results: 3, letters: 1 });
  const counts = new PartitionCounts();
  await counts.read(client, ['results', 'letters']);
  assert.deepEqual([counts.of('results'), counts.of('letters'), counts.of('results')], [3, 1, 3]);
  assert.deepEqual(asked, ['results', 'letters']);
  assert.throws(() => counts.of('other'), { code: 'KS_INTERNAL' });
});

test('a topic that is not there is missing', async () => {
  await assert.rejects(new PartitionCounts().read(clientOf({}).client, ['results']), {
    code: 'KS_TOPIC_MISSING',
  });
});

test('an error behind which a changed topic may be has all of them read again', async () => {
  const topics = { results: 3, letters: 1 };
  const { client } = clientOf(topics);
  const counts = new PartitionCounts();
  await counts.read(client, ['results', 'letters']);
  topics.results = 5;
  await counts.doubt(client, gone);
  assert.equal(counts.of('results'), 5);
  topics.results = 0; // it has been deleted: what is known stays until it is back
  await counts.doubt(client, gone);
  assert.equal(counts.of('results'), 5);
});

test('other errors are no reason to ask', async () => {
  const { client, asked } = clientOf({ results: 3 });
  const counts = new PartitionCounts();
  await counts.read(client, ['results']);
  for (const error of [
    failure(rdkafka.queueFull),
    failure(rdkafka.messageTooLarge),
    new Error('other'),
    undefined,
  ])
    await counts.doubt(client, error);
  assert.equal(asked.length, 1);
});

test('it asks once at a time, and again after a failure', async () => {
  const topics = { results: 3 };
  const { client, asked, state } = clientOf(topics);
  const counts = new PartitionCounts();
  await counts.read(client, ['results']);
  state.isAway = true;
  await Promise.all([counts.doubt(client, gone), counts.doubt(client, gone)]);
  assert.equal(asked.length, 2);
  state.isAway = false;
  topics.results = 4;
  await counts.doubt(client, gone);
  assert.equal(counts.of('results'), 4);
});
