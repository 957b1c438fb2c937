/**
 * Four static members are replaced one after the other while requests come: by the same version, by a newer one, and
 * back again. Every request comes out once and in order. Each keeps its partitions, and nobody else
 * notices. How long a partition stands is measured by `npm run bench:rolling`.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { waitForDelivery } from '../helpers/delivery.ts';
import { formerVersion, noFormer } from '../helpers/former-version.ts';
import { type Broker, noBroker, startBroker, uniqueName } from '../helpers/kafka-broker.ts';
import { root } from '../helpers/paths.ts';
import { type Recipe, RollingGroup } from '../helpers/rolling-group.ts';
import type { Settings } from '../helpers/service-process.ts';
import { SteadySender } from '../helpers/steady-sender.ts';
import { topicSettings, uniqueTopics } from '../helpers/topics.ts';

const MEMBERS = 4;
const PARTITIONS = 8;
const PER_SECOND = 400;
const SESSION_MS = 60_000;
const WAIT_MS_MAX = 120_000;

interface Roll {
  readonly name: string;
  readonly skip: string | false;
  /** Root folders of the versions; undefined: there is none, and the test is skipped. */
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly recipe: Recipe;
  readonly protocol: Settings;
}

const former = formerVersion?.home;
const classic: Settings = {
  'kafka.session_timeout_ms': SESSION_MS,
  'kafka.partition_assignment_strategy': 'cooperative-sticky',
};
const consumer: Settings = { 'kafka.group_protocol': 'consumer' };
const rolls: readonly Roll[] = [
  { name: 'the same version', skip: noBroker, from: root, to: root, recipe: 'stop first', protocol: classic },
  {
    name: 'a newer version',
    skip: noBroker || noFormer,
    from: former,
    to: root,
    recipe: 'stop first',
    protocol: classic,
  },
  {
    name: 'back to the former',
    skip: noBroker || noFormer,
    from: root,
    to: former,
    recipe: 'stop first',
    protocol: classic,
  },
  { name: 'KIP-848', skip: noBroker, from: root, to: root, recipe: 'stop first', protocol: consumer },
  {
    name: 'the new one waits, KIP-848',
    skip: noBroker,
    from: root,
    to: root,
    recipe: 'start first',
    protocol: consumer,
  },
  {
    ...{ name: 'a newer version waits, KIP-848', skip: noBroker || noFormer, from: former, to: root },
    ...{ recipe: 'start first', protocol: consumer },
  },
];

let broker: Broker;
before(async () => {
  if (noBroker !== false) return;
  broker = await startBroker({
    properties: {
      'group.consumer.session.timeout.ms': String(SESSION_MS),
      'group.consumer.heartbeat.interval.ms': '1000',
      'group.consumer.min.heartbeat.interval.ms': '1000',
    },
  });
});
after(() => broker?.kill());

for (const { name, skip, from = '', to = '', recipe, protocol } of rolls) {
  test(`four processes are replaced one by one: ${name}`, { skip }, async (t) => {
    const topics = uniqueTopics();
    await broker.createTopic(topics.requests, PARTITIONS);
    await broker.createTopic(topics.results, PARTITIONS);
    await broker.createTopic(topics.deadLetters, 1);
    const group = uniqueName('group');
    const members = new RollingGroup((member) => ({
      'kafka.bootstrap_servers': broker.bootstrapServers,
      ...topicSettings(topics),
      'kafka.consumer_group': group,
      'kafka.consumer_threads': 1,
      'kafka.group_instance_id': `m${member}`,
      // A successor that waits beside its predecessor must not have its transactional id.
      ...(recipe === 'stop first' && { 'kafka.transactional_id': `${group}-m${member}` }),
      'model.path': 'null',
      ...protocol,
    }));
    await members.start(MEMBERS, PARTITIONS / MEMBERS, from);
    const sender = await SteadySender.start({
      server: broker.bootstrapServers,
      topic: topics.requests,
      partitions: PARTITIONS,
      perSecond: PER_SECOND,
      text: (i) => `Number ${i} was good.`,
    });
    for (let member = 0; member < MEMBERS; member++) {
      const { drainMs, replacedMs } = await members.replace(
        member,
        to,
        recipe,
        from === former && protocol === classic,
      );
      t.diagnostic(
        `${member}: drained in ${Math.round(drainMs)} ms, replaced in ${Math.round(replacedMs)} ms`,
      );
    }
    const sent = await sender.stop();
    const delivery = await waitForDelivery(broker.bootstrapServers, topics, sent, WAIT_MS_MAX);
    await members.stop();
    const { lost, doubled, outOfOrder, results } = delivery;
    assert.deepEqual({ lost, doubled, outOfOrder }, { lost: [], doubled: [], outOfOrder: [] }, members.log());
    assert.equal(results.length, sent);
  });
}
