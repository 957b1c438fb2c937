/** The operator's commands against a real Apache Kafka. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { commandLine, commandWith, type Outcome, temporaryFile, workplace } from '../helpers/command.ts';
import { waitForDelivery } from '../helpers/delivery.ts';
import { noBroker } from '../helpers/kafka-broker.ts';
import { produceAll, readAll } from '../helpers/kafka-client.ts';
import { startService } from '../helpers/service-process.ts';

test('topics create, produce and lag', { skip: noBroker }, async (t) => {
  const { bootstrap, topics, command } = await workplace();
  const missing = await command('lag');
  assert.equal(missing.code, 1);
  assert.match(missing.stderr, /does not exist/);

  const created = await command('topics', 'create', '--partitions', '3', '--json');
  assert.deepEqual(
    created.json.topics,
    Object.values(topics).map((topic) => ({ topic, created: true })),
  );
  const again = await command('topics', 'create');
  assert.equal(again.code, 0, again.stderr);
  assert.match(again.stdout, /already exists/);

  const lines = ['{"id":"k1","text":"one"}', '', '{"id":"k2","text":"two"}'];
  const file = temporaryFile(t, 'requests.jsonl', `${lines.join('\r\n')}\r\n`);
  const sent = await command('produce', file, '--key', 'id', '--json');
  assert.equal(sent.json.sent, 2, sent.stderr);
  const records = await readAll(bootstrap, topics.requests);
  const found = records.map(({ key, value }) => `${key} ${value}`).sort();
  assert.deepEqual(found, [`k1 ${lines[0]}`, `k2 ${lines[2]}`]);

  const broken = temporaryFile(t, 'broken.jsonl', '{"text":"three"}\nsecret words\n');
  const refused = await command('produce', broken);
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /Line 2 is not a JSON object/);
  assert.ok(!`${refused.stdout}${refused.stderr}`.includes('secret'));

  const noFile = await command('produce', '/nowhere');
  assert.equal(noFile.code, 2);
  assert.match(noFile.stderr, /Cannot read \/nowhere \(ENOENT\)/);

  const lag = await command('lag', '--json', '--interval', '1');
  assert.equal(lag.json.messages, 3);
  assert.equal(lag.json.partitions.length, 3);
  assert.ok(
    lag.json.partitions.every((partition: Record<string, unknown>) => partition['committedOffset'] === null),
  );
});

test('lag sees a group that stands still, and one that has caught up', { skip: noBroker }, async () => {
  const { bootstrap, topics, settings, createAll, command } = await workplace();
  await createAll();
  const old = Date.now() - 60_000;
  const value = JSON.stringify({ text: 'Late.' });
  await produceAll(bootstrap, topics.requests, [{ value, partition: 1, timestamp: old }], {
    transaction: 'commit',
  });

  const stalled = await command('lag', '--json', '--interval', '1');
  assert.equal(stalled.code, 1);
  const [first, second] = stalled.json.partitions;
  assert.deepEqual([first.status, first.messages, first.seconds], ['ok', 0, 0]);
  assert.equal(second.status, 'stalled');
  assert.ok(second.seconds >= 60 && second.seconds < 200, String(second.seconds));

  const service = startService(settings);
  await waitForDelivery(bootstrap, topics, 1);
  service.kill('SIGTERM');
  assert.equal(await service.exited, 0, service.log());
  // The record that ends the transaction of the producer is still behind the group: nobody waits for it.
  const done = await command('lag', '--json');
  assert.equal(done.code, 0);
  assert.equal(done.json.messages, 0);
  assert.ok([1, 2].includes(done.json.partitions[1].committedOffset), done.stdout);
});

test('doctor: all well, then one thing broken at a time', { skip: noBroker }, async () => {
  const { topics, settings, createAll, command } = await workplace();
  const statusOf = (outcome: Outcome): Record<string, string> =>
    Object.fromEntries(outcome.json.checks.map(({ name, status }: Record<string, string>) => [name, status]));

  const noTopics = await command('doctor', '--json');
  assert.equal(noTopics.code, 1);
  assert.deepEqual(statusOf(noTopics), {
    node: 'ok',
    addon: 'ok',
    cpu: statusOf(noTopics)['cpu'],
    librdkafka: 'ok',
    codecs: 'ok',
    threads: 'ok',
    model: 'ok',
    broker: 'ok',
    topics: 'failed',
  });
  assert.match(noTopics.stdout, /kubesentiment topics create/);

  await createAll();
  const well = await command('doctor', '--json');
  assert.equal(well.code, 0, well.stdout);
  for (const name of [
    'topics',
    'group',
    'members',
    'transactions',
    'compaction',
    'read rights',
    'messages',
    'repeated texts',
    'write rights',
  ])
    assert.equal(statusOf(well)[name], 'ok');
  for (const topic of Object.values(topics)) {
    assert.deepEqual(await readAll(settings['kafka.bootstrap_servers'] as string, topic), []);
  }

  const noModel = await commandWith({ ...settings, 'model.path': '/nowhere' })('doctor');
  assert.equal(noModel.code, 1);
  assert.match(noModel.stdout, /^FAILED +model .*does not exist/m);

  const noBrokerThere = { ...settings, 'kafka.bootstrap_servers': '127.0.0.1:1' };
  const alone = await commandWith(noBrokerThere)('doctor', '--json');
  assert.equal(alone.code, 1);
  assert.equal(statusOf(alone)['broker'], 'failed');

  const noOffsets = await commandWith({ ...settings, 'kafka.auto_offset_reset': 'none' })('doctor', '--json');
  assert.equal(statusOf(noOffsets)['group'], 'failed');
});

test('Ctrl-C ends produce after the record it is at, however many lines have been read ahead', {
  skip: noBroker,
}, async (t) => {
  const { bootstrap, topics, settings, createAll } = await workplace();
  await createAll();
  const lines = 2_000;
  const file = temporaryFile(t, 'lines.txt', 'a fine day\n'.repeat(lines));
  const [program, ...args] = commandLine(settings, 'produce', file, '--rate', '20', '--json') as [
    string,
    ...string[],
  ];
  const producer = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => producer.kill('SIGKILL'));
  const ended = new Promise<number | null>((resolve) => producer.on('close', resolve));
  const printed = text(producer.stdout);
  while ((await readAll(bootstrap, topics.requests)).length === 0) await sleep(50);
  producer.kill('SIGINT');
  assert.equal(await ended, 1);
  const { sent } = JSON.parse(await printed);
  assert.ok(sent > 0 && sent < lines, String(sent));
  assert.equal((await readAll(bootstrap, topics.requests)).length, sent);
});

const noTerminal = spawnSync('script', ['--version']).status === 0 ? false : 'there is no script(1)';

test('lag --watch on a terminal: in place, in colour, until Ctrl-C', {
  skip: noBroker || noTerminal,
}, async (t) => {
  const { settings, createAll } = await workplace();
  await createAll();
  const line = commandLine(settings, 'lag', '--watch', '--interval', '1').map((word) => `'${word}'`);
  // Where CI is set, Node takes a terminal for one without colours.
  const { CI: _, NO_COLOR: __, ...env } = process.env;
  // Without `exec` the shell stays in between, and some shells answer Ctrl-C with 130 whatever their command says.
  const terminal = spawn('script', ['-qfec', `exec ${line.join(' ')}`, '/dev/null'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...env, TERM: 'xterm-256color' },
  });
  t.after(() => terminal.kill('SIGKILL'));
  let seen = '';
  terminal.stdout.setEncoding('utf8').on('data', (text: string) => {
    seen += text;
  });
  const ended = new Promise<number | null>((resolve) => terminal.on('close', resolve));
  const looks = (): number => seen.split('\u001b[H\u001b[2J').length - 1;
  for (const deadline = Date.now() + 60_000; looks() < 2 && Date.now() < deadline; ) await sleep(100);
  assert.ok(looks() >= 2, JSON.stringify(seen));
  assert.ok(seen.includes('\u001b[32mok\u001b[39m'), JSON.stringify(seen));
  terminal.stdin.write('\u0003');
  assert.equal(await ended, 1, 'the group has never run, or its name is mistyped');
  assert.match(seen, /has committed no offsets in these topics/);
});
