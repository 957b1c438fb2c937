/** Dead letters, from the first look to the replay, against a real Apache Kafka. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmodSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { commandLine, temporaryFile, workplace } from '../helpers/command.ts';
import { checkDelivery, headerOf, waitForDelivery } from '../helpers/delivery.ts';
import { noBroker } from '../helpers/kafka-broker.ts';
import { produceAll, readAll } from '../helpers/kafka-client.ts';
import { java, kafkaClassPath } from '../helpers/kafka-jars.ts';
import { startService } from '../helpers/service-process.ts';

test('dead letters: looked at, replayed once, classified, refused in a loop', {
  skip: noBroker,
}, async (t) => {
  const { bootstrap, topics, settings, createAll, command } = await workplace();
  await createAll();
  const bad = (id: number) => ({
    value: JSON.stringify({ id: `b${id}`, text: `Secret ${'x'.repeat(200)} ${id}` }),
  });
  await produceAll(bootstrap, topics.requests, [
    ...[1, 2, 3, 4].map((id) => ({ ...bad(id), key: `key-${id}`, partition: id % 2 })),
    { value: 'not JSON', partition: 0 },
  ]);
  await produceAll(bootstrap, topics.deadLetters, [{ value: 'foreign', partition: 0 }]);

  // A limit that is too low makes good requests dead letters, as a wrong configuration does.
  const tooLow = startService({ ...settings, 'kafka.max_message_bytes': 128 });
  await waitForDelivery(bootstrap, topics, 6);
  tooLow.kill('SIGTERM');
  assert.equal(await tooLow.exited, 0, tooLow.log());

  await t.test('list, stats and show', async () => {
    const list = await command('dlq', 'list', '--json', '--reason', 'too_large');
    const letters = list.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.equal(letters.length, 4);
    const stats = await command('dlq', 'stats', '--json');
    assert.deepEqual(stats.json.byReason, { too_large: 4, invalid_json: 1 });
    assert.equal(stats.json.foreign, 1);
    const { partition, offset } = letters[0];
    const shy = await command('dlq', 'show', String(partition), String(offset));
    assert.match(shy.stdout, /too_large/);
    const frank = await command('dlq', 'show', String(partition), String(offset), '--values');
    assert.match(frank.stdout, /Secret/);
    const { topic, partition: from, offset: at } = letters[0].origin;
    const byRequest = await command('dlq', 'show', `${topic}/${from}/${at}`, '--json');
    assert.deepEqual([byRequest.json.partition, byRequest.json.offset], [partition, offset]);
    assert.equal((await command('dlq', 'show', `${topic}/${from}/999`)).code, 2);
    assert.equal((await command('dlq', 'show', '0')).code, 2);
    for (const { stdout, stderr } of [list, stats, shy]) assert.doesNotMatch(stdout + stderr, /Secret|key-/);
  });

  await t.test('a dry run sends nothing', async () => {
    const { json } = await command('dlq', 'replay', '--dry-run', '--json');
    assert.equal(json.replayed, 5);
    assert.deepEqual(json.byReason, { too_large: 4, invalid_json: 1 });
    assert.equal(json.skipped.foreign, 1);
    assert.equal((await readAll(bootstrap, topics.requests)).length, 5);
  });

  await t.test('one reason, in two runs, is replayed once and to where it came from', async () => {
    const some = await command('dlq', 'replay', '--reason', 'too_large', '--limit', '3', '--json');
    assert.deepEqual([some.json?.replayed, some.json?.stopped], [3, true], some.stderr);
    const rest = await command('dlq', 'replay', '--reason', 'too_large', '--json', '--rate', '50');
    assert.deepEqual([rest.json.replayed, rest.json.skipped.alreadyReplayed], [1, 3]);
    const replayed = (await readAll(bootstrap, topics.requests)).filter(
      (record) => headerOf(record, 'x-replay-count') === '1',
    );
    assert.deepEqual(replayed.map(({ key }) => String(key)).sort(), ['key-1', 'key-2', 'key-3', 'key-4']);
    const listed = await command('dlq', 'list', '--json');
    const isReplayed = Object.fromEntries(
      ['too_large', 'invalid_json'].map((reason) => [
        reason,
        listed.stdout
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line))
          .filter((letter) => letter.reason === reason)
          .map((letter) => letter.isReplayed),
      ]),
    );
    assert.deepEqual(isReplayed, { too_large: [true, true, true, true], invalid_json: [false] });
    for (const { key, partition } of replayed) assert.equal(partition, Number(String(key).slice(4)) % 2);
  });

  await t.test('the consumer classifies what was replayed', async () => {
    const service = startService(settings);
    const { results } = await waitForDelivery(bootstrap, topics, 6 + 4);
    service.kill('SIGTERM');
    assert.equal(await service.exited, 0, service.log());
    const ids = results.map(({ value }) => JSON.parse(String(value)).id).sort();
    assert.deepEqual(ids, ['b1', 'b2', 'b3', 'b4']);
  });

  await t.test('what fails again and again is refused', async () => {
    const service = startService(settings);
    for (const round of [1, 2]) {
      const { json } = await command('dlq', 'replay', '--max-replays', '2', '--json');
      assert.equal(json.byReason.invalid_json, 1, `round ${round}`);
      await waitForDelivery(bootstrap, topics, 10 + round);
    }
    const refused = await command('dlq', 'replay', '--max-replays', '2', '--json');
    service.kill('SIGTERM');
    assert.equal(await service.exited, 0, service.log());
    assert.equal(refused.json.replayed, 0);
    assert.equal(refused.json.skipped.loops, 1);
    assert.equal(refused.json.refused[0].replays, 2);
    const { deadLetters } = await checkDelivery(bootstrap, topics);
    assert.ok(deadLetters.some((record) => headerOf(record, 'x-replay-count') === '2'));
  });

  await t.test('purge asks, deletes what is meant, and sees that it is gone', async (t) => {
    const unasked = await command('dlq', 'purge');
    assert.equal(unasked.code, 2);
    assert.match(unasked.stderr, /no terminal to confirm it on.*--yes/s);
    const toolless = await command('dlq', 'purge', '--yes', '--tool', 'no-such-program');
    assert.deepEqual([toolless.code, /--plan/.test(toolless.stderr)], [1, true], toolless.stderr);
    assert.match((await command('dlq', 'purge', '--yes', '--tool', '')).stderr, /"" cannot be found/);
    const before = (await readAll(bootstrap, topics.deadLetters)).length;
    const file = temporaryFile(t, 'plan.json');
    const planned = await command('dlq', 'purge', '--before', '1', '--partition', '0', '--plan', file);
    assert.equal(planned.code, 0, planned.stderr);
    assert.deepEqual(JSON.parse(readFileSync(file, 'utf8')), {
      version: 1,
      partitions: [{ topic: topics.deadLetters, partition: 0, offset: 1 }],
    });
    assert.equal((await readAll(bootstrap, topics.deadLetters)).length, before, 'a plan deletes nothing');

    const program = 'org.apache.kafka.tools.DeleteRecordsCommand';
    const script = `#!/bin/sh\nexec "${java}" -cp "${kafkaClassPath()}" ${program} "$@"\n`;
    const tool = temporaryFile(t, 'kafka-delete-records.sh', script);
    chmodSync(tool, 0o700);
    const some = await command(
      'dlq',
      'purge',
      '--yes',
      '--before',
      '1',
      '--partition',
      '0',
      '--tool',
      tool,
      '--json',
    );
    assert.equal(some.json?.deleted, 1, some.stderr);
    const left = await readAll(bootstrap, topics.deadLetters);
    assert.equal(left.length, before - 1);
    assert.equal((await command('dlq', 'show', '0', '0')).code, 2);
    const lying = await command('dlq', 'purge', '--yes', '--tool', 'true');
    assert.deepEqual([lying.code, /still there/.test(lying.stderr)], [1, true], lying.stderr);
    const whole = await command('dlq', 'purge', '--yes'); // without Kafka's tool
    const { deadLetters } = topics;
    assert.match(
      whole.stdout,
      new RegExp(`^Deleted ${before - 1} dead letters of ${deadLetters}\\.`),
      whole.stderr,
    );
    assert.equal((await readAll(bootstrap, topics.deadLetters)).length, 0);
    assert.match((await command('dlq', 'purge', '--yes', '--tool', tool)).stderr, /Nothing to delete/);
  });
});

test('a replay that starts late leaves what is older to be replayed', { skip: noBroker }, async () => {
  const { bootstrap, topics, settings, createAll, command } = await workplace();
  await createAll();
  const service = startService(settings);
  const fail = async (count: number): Promise<number> => {
    const bad = Array.from({ length: 3 }, () => ({ value: 'not JSON', partition: 0 }));
    await produceAll(bootstrap, topics.requests, bad);
    return (await waitForDelivery(bootstrap, topics, count)).deadLetters.length;
  };
  assert.equal(await fail(3), 3, service.log());
  await sleep(5); // times are in milliseconds
  const since = new Date().toISOString();
  assert.equal(await fail(6), 6, service.log());
  service.kill('SIGTERM');
  await service.exited;

  const replayed = async (...args: string[]): Promise<unknown> =>
    (await command('dlq', 'replay', '--json', ...args)).json.replayed;
  const unreplayed = async (): Promise<number> => {
    const { stdout } = await command('dlq', 'list', '--json');
    const letters = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    return letters.filter(({ isReplayed }) => !isReplayed).length;
  };
  assert.equal(await replayed('--since', since), 3);
  assert.equal(await unreplayed(), 3);
  assert.equal(await replayed('--since', since), 0);
  assert.equal(await replayed('--limit', '1'), 1);
  assert.equal(await replayed(), 2);
  assert.equal(await replayed(), 0);
  assert.equal(await unreplayed(), 0);
});

test('a replay that is killed goes on where it stopped', { skip: noBroker }, async () => {
  const { bootstrap, topics, settings, createAll, command } = await workplace();
  await createAll();
  const total = 60;
  const letters = Array.from({ length: total }, (_, i) => ({
    value: `letter ${i}`,
    partition: i % 2,
    headers: [
      { 'x-error-type': i % 3 === 0 ? 'timeout' : 'internal' },
      { 'kafka_dlt-original-topic': topics.requests },
      { 'kafka_dlt-original-partition': String(i % 2) },
      { 'kafka_dlt-original-offset': String(i) },
    ],
  }));
  await produceAll(bootstrap, topics.deadLetters, letters);

  const [program, ...args] = commandLine(settings, 'dlq', 'replay', '--rate', '10') as [string, ...string[]];
  const victim = spawn(program, args, { stdio: 'ignore' });
  const killed = new Promise((resolve) => victim.on('close', resolve));
  let before = 0;
  for (const deadline = Date.now() + 60_000; before < 10 && Date.now() < deadline; await sleep(100)) {
    before = (await readAll(bootstrap, topics.requests)).length;
  }
  victim.kill('SIGKILL');
  await killed;
  assert.ok(before >= 10 && before < total, String(before));

  const rest = await command('dlq', 'replay', '--json');
  assert.equal(rest.code, 0, rest.stderr);
  assert.equal(rest.json.replayed + rest.json.skipped.alreadyReplayed, total);
  const values = (await readAll(bootstrap, topics.requests)).map(({ value }) => String(value));
  assert.deepEqual(values.sort(), letters.map(({ value }) => value).sort());
});
