/** A group is moved by hand, against a real Apache Kafka. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GroupOffsets } from '../../src/cluster/offsets.ts';
import { loadConfig } from '../../src/config/load.ts';
import { KubesentimentError } from '../../src/errors.ts';
import { workplace } from '../helpers/command.ts';
import { waitForDelivery } from '../helpers/delivery.ts';
import { noBroker } from '../helpers/kafka-broker.ts';
import { produceAll } from '../helpers/kafka-client.ts';
import { startService } from '../helpers/service-process.ts';

/** The machine may be busy; what is waited for comes or does not come. */
const timeoutMs = 300_000;

interface Row {
  readonly partition: number;
  readonly committed: number | null;
}

test('offsets: shown, moved by a dry run nowhere, refused while there are members, then moved', {
  skip: noBroker,
}, async (t) => {
  const { bootstrap, topics, settings, createAll, command } = await workplace();
  await createAll();
  const requests = Array.from({ length: 12 }, (_, i) => ({
    value: JSON.stringify({ id: `r${i}`, text: 'A fine day.' }),
    partition: i < 8 ? 0 : 1,
  }));
  await produceAll(bootstrap, topics.requests, requests);
  const committed = async (): Promise<(number | null)[]> => {
    const { json } = await command('offsets', 'show', '--json');
    return json.offsets.map((row: Row) => row.committed);
  };
  assert.deepEqual(await committed(), [null, null]);
  const service = startService(settings);
  await waitForDelivery(bootstrap, topics, 12, timeoutMs);

  await t.test(
    'not while the group has members, by our own check and by the word of the broker',
    async () => {
      const refused = await command('offsets', 'reset', '--to', 'earliest', '--yes');
      assert.equal(refused.code, 1, refused.stderr);
      assert.match(refused.stderr, /has members, which would go on where they are/);
      const { config } = loadConfig({ overrides: settings });
      const group = new GroupOffsets(config);
      try {
        await group.connect();
        const offsets = await group.read({});
        const moves = await group.plan(offsets, 'earliest');
        await assert.rejects(
          group.write(moves, offsets),
          (error) => error instanceof KubesentimentError && /has members/.test(error.message),
        );
      } finally {
        await group.close();
      }
    },
  );

  service.kill('SIGTERM');
  assert.equal(await service.exited, 0, service.log());
  const ends = await committed();
  assert.deepEqual(ends, [8, 4]);

  await t.test('a dry run, and what is not confirmed, changes nothing', async () => {
    const dry = await command('offsets', 'reset', '--to', 'earliest', '--dry-run');
    assert.equal(dry.code, 0, dry.stderr);
    assert.match(dry.stdout, /^topic +partition +from +to +skipped +repeated$/m);
    assert.match(dry.stdout, new RegExp(`^${topics.requests} +0 +8 +0 +0 +8$`, 'm'));
    const unasked = await command('offsets', 'reset', '--to', 'earliest');
    assert.equal(unasked.code, 2);
    assert.match(unasked.stderr, /skips 0 messages and repeats 12, and there is no terminal.*--yes/s);
    assert.deepEqual(await committed(), ends);
  });

  await t.test('what makes no sense is refused', async () => {
    const reset = (...args: string[]) => command('offsets', 'reset', '--yes', '--to', ...args);
    for (const [args, problem] of [
      [['3'], /An offset belongs to one partition/],
      [['99', '--partition', '0'], /has no offset 99\. Its offsets are 0 to 8/],
      [['earliest', '--partition', '7'], /does not read a partition 7/],
      [['earliest', '--topic', 'other'], /does not read the topic "other"/],
      [['yesterday'], /Must be earliest, latest/],
    ] as const) {
      const { code, stderr } = await reset(...args);
      assert.equal(code, 2, args.join(' '));
      assert.match(stderr, problem);
    }
    assert.deepEqual(await committed(), ends);
  });

  await t.test(
    'one partition to an offset: what is repeated is answered again, and the log says who',
    async () => {
      const one = await command('offsets', 'reset', '--to', '5', '--partition', '0', '--yes', '--json');
      assert.equal(one.code, 0, one.stderr);
      assert.deepEqual(one.json.moves, [
        { topic: topics.requests, partition: 0, from: 8, to: 5, skipped: 0, repeated: 3 },
      ]);
      assert.match(one.stderr, /"event":"offsets_reset".*"user":".+".*\/0: 8 to 5"/);
      assert.deepEqual(await committed(), [5, 4]);
      const again = startService(settings);
      await waitForDelivery(bootstrap, topics, 15, timeoutMs);
      again.kill('SIGTERM');
      assert.equal(await again.exited, 0, again.log());
    },
  );

  await t.test('to a time, and to the end', async () => {
    // Days, since the clock of a virtual machine may jump by hours.
    const days = await command('offsets', 'reset', '--to', '2d', '--dry-run', '--json');
    assert.equal(days.code, 0, days.stderr);
    assert.deepEqual(
      days.json.moves.map(({ to }: { to: number }) => to),
      [0, 0],
    );
    const future = await command('offsets', 'reset', '--to', '2199-01-01', '--json', '--yes');
    assert.deepEqual(future.json.moves, [], future.stderr);
    const back = await command('offsets', 'reset', '--to', 'earliest', '--yes');
    assert.equal(back.code, 0, back.stderr);
    const skip = await command('offsets', 'reset', '--to', 'latest', '--yes', '--json');
    assert.equal(skip.code, 0, skip.stderr);
    assert.deepEqual(
      skip.json.moves.map(({ skipped }: { skipped: number }) => skipped),
      [8, 4],
    );
    assert.deepEqual(await committed(), ends);
  });
});
