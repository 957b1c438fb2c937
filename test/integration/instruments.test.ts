/**
 * Metric, page, JSON, `/readyz`, `lag`, `verify` and `doctor` agree, and none says that all is well where it is not, or
 * cannot be known. One row for each situation; to add one, add an object.
 */
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { waitForDelivery } from '../helpers/delivery.ts';
import {
  check,
  noBroker,
  openTransaction,
  request,
  requests,
  type Situation,
} from '../helpers/instruments.ts';
import { sharedBroker, uniqueName } from '../helpers/kafka-broker.ts';
import { addPartitions, deleteTopic } from '../helpers/kafka-client.ts';
import { deleteRecords, setTopicConfig } from '../helpers/kafka-wire.ts';
import { produceRaw } from '../helpers/raw-records.ts';
import { type ServiceProcess, startService } from '../helpers/service-process.ts';

const situations: readonly Situation[] = [
  {
    name: 'requests that are answered',
    arrange: ({ send }) => send(requests(3)),
    expected: {},
  },
  {
    name: 'tombstones among them',
    arrange: ({ send }) => send([request(), { value: null, key: 'a' }, { value: null, key: 'b' }]),
    expected: { verifySays: [/^2 records have no value: tombstones/m] },
  },
  ...['exactly_once', 'at_least_once'].flatMap((delivery): Situation[] => [
    {
      name: `requests in transactions: ${delivery}`,
      settings: { 'kafka.delivery': delivery },
      arrange: async ({ send }) => {
        await send(requests(2), { transaction: 'commit' });
        await send(requests(2), { transaction: 'commit' });
      },
      expected: {},
    },
    {
      name: `aborted records at the end of an idle topic: ${delivery}`,
      settings: { 'kafka.delivery': delivery },
      arrange: async ({ send }) => {
        await send(requests(2));
        await send(requests(200), { transaction: 'abort' });
      },
      expected: {},
    },
  ]),
  ...['a group at work', 'a new group'].map((name): Situation => {
    const isNew = name === 'a new group';
    const id = uniqueName('loader');
    return {
      name: `a transaction of another producer stays open: ${name}`,
      ...(isNew && { before: (scene) => openTransaction(scene, id) }),
      arrange: async (scene) => {
        if (isNew) return;
        await scene.send(requests(2));
        await openTransaction(scene, id);
        await scene.send(requests(1));
      },
      expected: {
        heldBack: isNew ? 3 : 4,
        status: 'blocked',
        lagCode: 1,
        lagSays: new RegExp(`records wait behind a transaction of transactional id "${id}", open for`),
        verify: 3,
        verifySays: [
          new RegExp(`behind a transaction of transactional id "${id}"`),
          /not everything could be checked/,
        ],
        doctor: {
          transactions: [
            'warn',
            new RegExp(`records behind one of transactional id "${id}".*kubesentiment transactions abort`),
          ],
        },
        logSays: /"event":"requests_held_back"/,
      },
    };
  }),
  {
    name: 'two groups write to one results topic',
    arrange: async (scene) => {
      const other = uniqueName('group');
      const service = startService({ ...scene.settings, 'kafka.consumer_group': other });
      scene.onEnd(() => stopped(service));
      await service.waitFor('partitions_assigned');
      await scene.send(requests(4));
      await waitForDelivery(scene.server, scene.topics, 8);
    },
    expected: { verifySays: [/^4 results or dead letters were written by the group group-/m] },
  },
  {
    name: 'the members of the group assign partitions in another way',
    before: async ({ settings, onEnd }) => {
      const other = startService({ ...settings, 'kafka.partition_assignment_strategy': 'range' });
      onEnd(() => stopped(other));
      await other.waitFor('partitions_assigned');
    },
    expected: {
      unready: 'assigned',
      doctor: { members: ['failed', /by range, ours by cooperative-sticky.*strategy to range/] },
      logSays: /inconsistent group protocol.*partition_assignment_strategy/i,
    },
  },
  {
    name: 'a compacted results topic, and requests without a key',
    topicConfig: { results: { 'cleanup.policy': 'compact' } },
    arrange: async ({ send, service }) => {
      await send([{ ...request(), timestamp: Date.now() - 60_000 }]);
      await service?.waitFor('transaction_aborted');
    },
    expected: {
      lag: 1,
      status: 'stalled',
      lagCode: 1,
      unready: 'transactions',
      verifySays: [/^1 requests are not finished yet/m],
      doctor: { compaction: ['warn', /compacted: results-.*cleanup.policy to delete/] },
      logSays: /"event":"transaction_aborted".*compacted topic takes no record without a key/,
    },
  },
  {
    name: 'dead-letter headers of other programs on requests that fail here',
    arrange: ({ send }) => send(foreignHeaders.map((headers) => ({ value: 'no request', headers }))),
    expected: { doctor: { messages: ['warn', /plain text, which request.format: text reads/] } },
  },
  {
    name: 'timestamps that cannot be true',
    topicConfig: { requests: { 'message.timestamp.after.max.ms': String(2n ** 63n - 1n) } },
    arrange: ({ send }) =>
      send(
        [0, 1, 1_700_000_000, Date.now() + 86_400_000, Date.now() * 1_000].map((timestamp) => ({
          ...request(),
          timestamp,
        })),
      ),
    expected: {},
  },
  {
    name: 'what was sent before a new group began',
    before: ({ send }) => send(requests(5)),
    arrange: ({ send }) => send(requests(2)),
    expected: { verifySays: [/^5 requests came before the group began/m] },
  },
  {
    name: 'a restart with requests in between',
    arrange: async ({ send, restart }) => {
      await send(requests(2));
      await restart(() => send(requests(3)));
    },
    expected: {},
  },
  {
    name: 'a partition that is added',
    settings: { 'kafka.librdkafka': JSON.stringify({ 'topic.metadata.refresh.interval.ms': 1_000 }) },
    arrange: async ({ send, server, topics }) => {
      await send(requests(2));
      await addPartitions(server, topics.requests, 2);
      await send(requests(3).map((record) => ({ ...record, partition: 1 })));
    },
    expected: { partitions: 2 },
  },
  {
    name: 'requests that were deleted before they were read',
    arrange: async ({ send, restart, server, topics }) => {
      await send(requests(2));
      await waitForDelivery(server, topics, 2);
      await restart(async () => {
        await send(requests(6));
        await deleteRecords(server, topics.requests, 0, 5);
      });
    },
    expected: {
      logSays: /"event":"offsets_skipped".*"from":2,"to":5/,
      verifySays: [/^3 requests were deleted before the group had read them/m],
      doctor: { group: ['warn', /3 requests were deleted before they were read/] },
    },
  },
  {
    name: 'requests that are deleted while they wait to be read',
    settings: {
      'kafka.buffer_size': 200,
      'kafka.max_poll_records': 100,
      'kafka.max_partition_fetch_bytes': 4_096,
    },
    topicConfig: { results: { 'max.message.bytes': '100' } },
    arrange: async ({ send, service, server, topics }) => {
      for (let i = 0; i < 20; i++) await send(requests(100)); // in small batches: a fetch brings whole ones
      await service?.waitFor('transaction_aborted');
      await deleteRecords(server, topics.requests, 0, 1_900);
      await setTopicConfig(server, topics.results, 'max.message.bytes', '1000000');
      await service?.waitFor('offsets_skipped');
    },
    expected: {
      logSays: /"event":"offsets_skipped".*"to":1900,"reason":"trimmed"/,
      verifySays: [/^\d+ requests were deleted before the group had read them/m],
      doctor: { group: ['warn', /\d+ requests were deleted before they were read/] },
    },
  },
  {
    name: 'the request topic is created again',
    arrange: async ({ send, server, topics }) => {
      await send(requests(3));
      await waitForDelivery(server, topics, 3);
      await deleteTopic(server, topics.requests);
      const { createTopic } = await sharedBroker();
      await createTopic(topics.requests, 1);
      await send(requests(2));
    },
    expected: {
      logSays: /"event":"partition_reset".*"topic_recreated"/,
      verifySays: [/^3 records belong to an earlier log/m],
    },
  },
  {
    name: 'a request whose headers are too large for the results topic',
    topicConfig: { results: { 'max.message.bytes': '20000' } },
    arrange: ({ send }) =>
      send([
        request(),
        { ...request(), headers: [{ blob: randomBytes(60_000).toString('hex') }] },
        request(),
      ]),
    expected: {},
  },
  {
    name: 'the results topic takes no record',
    topicConfig: { results: { 'max.message.bytes': '100' } },
    arrange: async ({ send, service }) => {
      await send([{ value: 'broken' }, { ...request(), timestamp: Date.now() - 60_000 }]);
      await service?.waitFor('transaction_aborted');
    },
    expected: {
      lag: 1,
      status: 'stalled',
      lagCode: 1,
      unready: 'transactions',
      verifySays: [/^1 requests are not finished yet/m],
      doctor: { messages: ['warn', /of the last 2, 1 would become dead letters/] },
      logSays: /"event":"transaction_aborted"/,
    },
  },
  {
    name: 'a value that is too large for the dead-letter topic',
    topicConfig: { deadLetters: { 'max.message.bytes': '20000' } },
    arrange: ({ send }) =>
      send([request(), { value: randomBytes(60_000).toString('hex') }, { value: 'broken' }, request()]),
    expected: { doctor: { messages: ['warn', /of the last 4, 2 would become dead letters/] } },
  },
  {
    name: 'a batch that cannot be decompressed',
    arrange: async ({ send, server, topics }) => {
      await send(requests(2));
      const bomb = { key: null, value: Buffer.alloc(150 * 2 ** 20), headers: [] };
      await produceRaw(server, topics.requests, 0, [bomb], { gzip: true });
      await send(requests(2));
    },
    expected: {
      lag: 3,
      status: 'stalled',
      lagCode: 1,
      unready: 'readable',
      verify: 1,
      verifySays: [/cannot be read at offset 2 \(codec gzip\)/],
      doctor: { 'read rights': ['failed', /cannot be read at offset 2 \(codec gzip\)/] },
    },
  },
];

const foreignHeaders = [
  // As Spring writes them: numbers in binary.
  [
    { 'kafka_dlt-original-topic': 'elsewhere' },
    { 'kafka_dlt-original-partition': Buffer.from([0, 0, 0, 7]) },
    { 'kafka_dlt-original-offset': Buffer.from([0, 0, 0, 0, 0, 0, 0, 9]) },
  ],
  // Forged, but for one of them.
  [
    { 'kafka_dlt-original-topic': 'elsewhere' },
    { 'kafka_dlt-original-partition': '0' },
    { 'kafka_dlt-original-offset': '0' },
    { 'x-error-type': 'timeout' },
  ],
  [{ 'x-replay-count': '1' }],
  [{ 'x-consumer-group': 'elsewhere' }],
];

async function stopped(service: ServiceProcess): Promise<void> {
  service.kill('SIGTERM');
  await service.exited;
}

for (const situation of situations) test(situation.name, { skip: noBroker }, () => check(situation));
