/** A new model answers some of the keys, whatever happens to it: every request once, in order, from the right model. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../src/corpus/random.ts';
import type { FakeBroker } from './fake-broker.ts';
import {
  byOf,
  type CanaryMember,
  canaryFaults,
  canaryMember,
  isChosen,
  nextTokensOf,
  sendKeyed,
} from './canary-rig.ts';
import { createBroker, textOf, topics, until } from './rig.ts';

const answered = (broker: FakeBroker, count: number) =>
  until('all are answered', () => broker.audit.answered === count);
const answeredByNew = (broker: FakeBroker): number =>
  broker.all(topics.results).filter((each) => byOf(each) === 'next').length;
const fatalOf = (members: readonly CanaryMember[]): unknown[] =>
  members.flatMap(({ member }) => member.fatal);

test('the new model answers its keys, and no others, after a new membership too', async () => {
  const broker = createBroker(3);
  const { member, trial, counts } = canaryMember(broker);
  member.start();
  sendKeyed(broker, 0, 300);
  await answered(broker, 300);
  await member.rejoin();
  sendKeyed(broker, 300, 300);
  await answered(broker, 600);
  await member.stop();
  assert.deepEqual([...member.fatal, ...canaryFaults(broker)], []);
  const chosen = broker.all(topics.requests).filter(isChosen).length;
  assert.ok(chosen > 60, 'some keys are chosen');
  assert.equal(answeredByNew(broker), chosen);
  assert.deepEqual([trial.isOver, counts.classified, member.table.usedCount], [false, chosen, 0]);
});

test('members come, go and die: nothing is lost or doubled, and keys stay with their model', async () => {
  for (let seed = 0; seed < 4; seed++) {
    const random = new Random(seed);
    const broker = createBroker(4);
    const create = () => canaryMember(broker, { pool: { latencyMs: () => random.between(0, 6) } });
    const all = [create()];
    const members = [...all];
    all[0]?.member.start();
    sendKeyed(broker, 0, 400);
    for (let i = 0; i < 4; i++) {
      const before = broker.audit.answered;
      await until('it has gone on', () => broker.audit.answered > before || broker.audit.answered === 400);
      const coming = create();
      coming.member.start();
      members.push(coming);
      all.push(coming);
      const [leaving] = members.splice(random.between(0, members.length - 2), 1) as [CanaryMember];
      if (random.chance(0.5)) await leaving.member.kill();
      else await leaving.member.stop();
    }
    await answered(broker, 400);
    for (const { member } of members) await member.stop();
    assert.deepEqual([...fatalOf(all), ...canaryFaults(broker)], [], `seed ${seed}`);
    for (const { member } of members) assert.equal(member.table.usedCount, 0);
  }
});

test('batches of the new model fail at random: the old one answers, and nothing is a dead letter', async () => {
  const all = { failed: 0, classified: 0 };
  for (let seed = 0; seed < 6; seed++) {
    const random = new Random(seed);
    const broker = createBroker(3);
    const fault = () => (random.chance(0.6) ? ('fail' as const) : ('none' as const));
    const { member, counts } = canaryMember(broker, {
      pool: { fault, latencyMs: () => random.between(0, 4) },
    });
    member.start();
    sendKeyed(broker, 0, 300);
    await answered(broker, 300);
    await member.stop();
    assert.deepEqual([...member.fatal, ...canaryFaults(broker, true)], [], `seed ${seed}`);
    const chosen = broker.all(topics.requests).filter(isChosen).length;
    assert.deepEqual([counts.failed, answeredByNew(broker)], [chosen - counts.classified, counts.classified]);
    assert.equal(member.table.usedCount, 0);
    all.failed += counts.failed;
    all.classified += counts.classified;
  }
  assert.ok(all.failed > 0 && all.classified > 0, 'in a single run chance may decide otherwise');
});

test('texts on which it always fails are answered by the old model, each at once and alone', async () => {
  const broker = createBroker(2);
  sendKeyed(broker, 0, 200);
  const bad = broker.all(topics.requests).filter(isChosen)[3];
  const poison = nextTokensOf((JSON.parse(String(bad?.value)) as { text: string }).text).join();
  const isPoisoned = (rows: readonly (readonly number[])[]) => rows.some((row) => row.join() === poison);
  const { member, counts } = canaryMember(broker, {
    pool: { fault: (rows) => (isPoisoned(rows) ? 'fail' : 'none') },
  });
  member.start();
  await answered(broker, 200);
  await member.stop();
  assert.deepEqual([...member.fatal, ...canaryFaults(broker, true)], []);
  const failed = broker.all(topics.requests).filter((each) => {
    const { text } = JSON.parse(String(each.value)) as { text: string };
    return isChosen(each) && nextTokensOf(text).join() === poison;
  });
  assert.equal(counts.failed, failed.length);
});

for (const fault of ['fail', 'nan', 'hang'] as const)
  test(`a new model that begins to ${fault}: the old one takes over, and nothing is lost`, async () => {
    for (let seed = 0; seed < 3; seed++) {
      const random = new Random(seed);
      const broker = createBroker(3);
      let isBad = false;
      const { member, trial, counts } = canaryMember(broker, {
        limits: { errors: 0.01 },
        pool: { fault: () => (isBad ? fault : 'none'), latencyMs: () => random.between(0, 3) },
      });
      member.start();
      sendKeyed(broker, 0, 200);
      await until('some are answered', () => broker.audit.answered > random.between(0, 150));
      isBad = true;
      sendKeyed(broker, 200, 400);
      await answered(broker, 600);
      assert.equal(counts.endedBy, fault === 'hang' ? 'hang' : 'errors');
      sendKeyed(broker, 600, 100);
      const before = answeredByNew(broker);
      await answered(broker, 700);
      assert.equal(answeredByNew(broker), before, 'it answers nothing more');
      await member.rejoin();
      sendKeyed(broker, 700, 50);
      await answered(broker, 750);
      assert.equal(answeredByNew(broker), before, 'not in another membership, either');
      await member.stop();
      assert.equal(trial.isOver, true);
      assert.deepEqual([...member.fatal, ...canaryFaults(broker, true)], [], `seed ${seed}`);
      assert.equal(member.table.usedCount, 0);
    }
  });

test('a stop while the new model hangs: all that was taken is answered', async () => {
  const broker = createBroker(2);
  const { member, counts } = canaryMember(broker, { pool: { fault: () => 'hang', timeoutMs: 200 } });
  member.start();
  sendKeyed(broker, 0, 100);
  await until('it hangs', () => broker.audit.answered > 0);
  await member.stop();
  assert.deepEqual(member.fatal, []);
  assert.equal(member.table.usedCount, 0);
  assert.equal(counts.endedBy, 'hang');
  const other = canaryMember(broker);
  other.member.start();
  await answered(broker, 100);
  await other.member.stop();
  assert.deepEqual([...other.member.fatal, ...canaryFaults(broker, true)], []);
});

test('long texts in windows, of which some fail: each has one answer, of one model', async () => {
  let failed = 0;
  for (let seed = 0; seed < 4; seed++) {
    const random = new Random(seed);
    const broker = createBroker(2);
    const long = (i: number) => Array.from({ length: 1 + (i % 7) }, (_, j) => textOf(i + j)).join(' ');
    const { member, counts } = canaryMember(broker, {
      windowOverlap: 4,
      pool: { fault: () => (random.chance(0.3) ? 'fail' : 'none'), latencyMs: () => random.between(0, 3) },
    });
    member.start();
    sendKeyed(broker, 0, 200, long);
    await answered(broker, 200);
    await member.stop();
    const { violations } = broker.audit;
    assert.deepEqual([...member.fatal, ...violations, member.table.usedCount], [0], `seed ${seed}`);
    assert.equal(broker.all(topics.deadLetters).length, 0);
    const chosen = broker.all(topics.requests).filter(isChosen).length;
    assert.equal(answeredByNew(broker), chosen - counts.failed);
    failed += counts.failed;
  }
  assert.ok(failed > 0, 'in a single run chance may decide otherwise');
});

test('what the old model has said before is not for the keys of the new one', async () => {
  const broker = createBroker(2);
  const { member } = canaryMember(broker, { settings: { 'model.cache_bytes': 100_000 } });
  member.start();
  const few = (i: number) => textOf(i % 7);
  for (let from = 0; from < 400; from += 100) {
    sendKeyed(broker, from, 100, few);
    await answered(broker, from + 100);
  }
  await member.stop();
  assert.deepEqual([...member.fatal, ...canaryFaults(broker)], []);
  assert.ok(member.counters.cacheHits > 200);
});
