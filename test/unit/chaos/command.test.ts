/** Another program as a member of the fleet: what it is told, how it is signalled, which faults it is spared. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseArgs } from 'node:util';
import { Random } from '../../../src/corpus/random.ts';
import {
  commandOptions,
  launchOf,
  leftOutFor,
  planOfProgram,
  planWithout,
  readCommandOptions,
} from '../../chaos/command.ts';
import { Fleet } from '../../chaos/fleet.ts';
import { createPlan, FAULT_KINDS, type Phase, printPlan } from '../../chaos/plan.ts';

const scene = {
  bootstrapServers: '127.0.0.1:1',
  group: 'g',
  topics: { requests: 'in', results: 'out' },
};
const phase = (staticMembers: boolean): Phase => ({
  assignor: 'of the program',
  staticMembers,
  generatedIds: false,
  faults: [],
});
const defaults = parseArgs({ args: [], options: commandOptions }).values;

test('the program is told where to read and write, in its environment and in its command line', async (t) => {
  const logFolder = mkdtempSync(join(tmpdir(), 'kubesentiment-command-'));
  t.after(() => rmSync(logFolder, { recursive: true }));
  const program = `
    process.on("SIGTERM", () => process.exit(0));
    console.log(process.argv[1], process.env.CHAOS_TRANSACTIONAL_ID, "up");
    setInterval(() => 0, 1e6);`;
  const line = `${process.execPath} -e '${program}' "$CHAOS_GROUP/$CHAOS_DEAD_LETTERS_TOPIC/$CHAOS_MEMBER"`;
  const fleet = new Fleet({
    product: 'not used',
    group: 'g',
    delivery: 'exactly_once',
    settings: {},
    logFolder,
    random: new Random(1),
    launch: (identity, of) => launchOf({ line, ready: /^g\/\/1 g-m1 up$/ }, scene, identity, of),
  });
  t.after(() => fleet.killAll());
  await fleet.startPhase(phase(false), 1);
  const [member] = fleet.awake;
  assert.ok(member !== undefined);
  // The signal reaches the program and not a shell around it, or it would not end with 0.
  await fleet.terminate(member);
  assert.deepEqual([fleet.counts.starts, fleet.counts.unclean, fleet.size], [1, 0, 0]);
});

test('a member that reports nothing has joined when the group says so', async (t) => {
  const logFolder = mkdtempSync(join(tmpdir(), 'kubesentiment-command-'));
  t.after(() => rmSync(logFolder, { recursive: true }));
  let asked = 0;
  const fleet = new Fleet({
    product: 'not used',
    group: 'g',
    delivery: 'exactly_once',
    settings: {},
    logFolder,
    random: new Random(1),
    launch: (identity, of) => launchOf({ line: 'sleep 600', ready: undefined }, scene, identity, of),
    hasJoined: () => Promise.resolve(++asked === 3),
  });
  t.after(() => fleet.killAll());
  await fleet.startPhase(phase(false), 2);
  assert.deepEqual([asked, fleet.size], [3, 2]);
  await Promise.all(fleet.awake.map((member) => fleet.kill(member)));
});

test('only static members have a group instance id', () => {
  const nameOf = (staticMembers: boolean) =>
    launchOf({ line: 'true', ready: undefined }, scene, 'm7', phase(staticMembers)).env[
      'CHAOS_GROUP_INSTANCE_ID'
    ];
  assert.deepEqual([nameOf(true), nameOf(false)], ['m7', '']);
});

test('faults that need our own configuration are left out, and the rest of the plan is unchanged', () => {
  const plain = { line: 'java App', ready: undefined };
  assert.deepEqual(leftOutFor(plain, 3), ['twin']);
  assert.deepEqual(leftOutFor({ ...plain, line: 'java App $CHAOS_TRANSACTIONAL_ID' }, 3), []);
  assert.deepEqual(leftOutFor(plain, 1), ['twin', 'join', 'leave', 'surge', 'zombie', 'freeze']);

  const plan = createPlan(7, FAULT_KINDS.length);
  const without = planOfProgram(planWithout(plan, ['twin'], 3));
  const faultsOf = ({ phases }: typeof plan) => phases.flatMap(({ faults }) => faults);
  assert.deepEqual(
    faultsOf(without),
    faultsOf(plan).filter(({ kind }) => kind !== 'twin'),
  );
  assert.match(printPlan(without), /phase 2: of the program, static members/);
  assert.ok(faultsOf(planWithout(plan, [], 1)).every(({ sameIdentity }) => sameIdentity));
});

test('options are parsed, and nonsense is refused with a sentence', () => {
  const { command, origins, hasDeadLetters, without } = readCommandOptions({
    ...defaults,
    command: 'app',
    origin: 'partition=/p,offset=/o',
    'no-dead-letters': true,
    without: 'bad-messages,twin',
  });
  assert.deepEqual(
    [command, hasDeadLetters, without],
    [{ line: 'app', ready: undefined }, false, ['bad-messages', 'twin']],
  );
  const value = Buffer.from('{"p":1,"o":2}');
  assert.deepEqual(origins.result({ value }), { topic: 'requests', partition: 1, offset: 2 });

  const refuse = (values: Partial<typeof defaults>, problem: RegExp) =>
    assert.throws(() => readCommandOptions({ ...defaults, ...values }), problem);
  refuse({ without: 'flood' }, /There is no fault flood: kill, /);
  refuse({ members: '0' }, /--members/);
  refuse({ 'no-dead-letters': true }, /--no-dead-letters needs --command/);
  refuse({ command: 'app', origin: 'source' }, /"source" is neither/);
});
