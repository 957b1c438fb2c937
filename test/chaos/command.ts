/** Any read-process-write program in the place of ours: how it is started, and what it is put under. */
import { DEFAULT_ORIGIN, originReader } from '../../src/verify/origin.ts';
import { allTopics, DEAD_LETTER_ORIGIN, type Topics } from './check.ts';
import type { Launch } from './member.ts';
import { FAULT_KINDS, type FaultKind, type Phase, type Plan, SESSION_TIMEOUT_MS } from './plan.ts';

export interface Command {
  /** For `sh`, which replaces itself by it, so that signals reach the program. */
  readonly line: string;
  /** A line of its output that says it is up. Default: the group has members and has given them partitions. */
  readonly ready: RegExp | undefined;
}

export interface CommandScene {
  readonly bootstrapServers: string;
  readonly group: string;
  readonly topics: Topics;
}

/** What the program is told, in its environment; all of it may stand in the command line as `$NAME`. */
export function launchOf(
  { line, ready }: Command,
  { bootstrapServers, group, topics }: CommandScene,
  identity: string,
  { staticMembers }: Pick<Phase, 'staticMembers'>,
): Launch {
  const env = {
    CHAOS_BOOTSTRAP_SERVERS: bootstrapServers,
    CHAOS_REQUESTS_TOPIC: topics.requests,
    CHAOS_RESULTS_TOPIC: topics.results,
    /** Empty: there is none. */
    CHAOS_DEAD_LETTERS_TOPIC: topics.deadLetters ?? '',
    CHAOS_GROUP: group,
    /** A successor under the same identity has the same. */
    CHAOS_MEMBER: identity.replace(/^m/, ''),
    CHAOS_TRANSACTIONAL_ID: `${group}-${identity}`,
    /** Empty: not a static member now. */
    CHAOS_GROUP_INSTANCE_ID: staticMembers ? identity : '',
    CHAOS_SESSION_TIMEOUT_MS: String(SESSION_TIMEOUT_MS),
  };
  return { file: 'sh', args: ['-c', `exec 1>&2; exec ${line}`], env, ready };
}

/** Kinds of faults that mean nothing to a program which cannot be set up as ours is. */
export function leftOutFor({ line }: Command, members: number): FaultKind[] {
  const kinds: FaultKind[] = [];
  // A second process under one identity: who does not take the transactional id has none.
  if (!line.includes('CHAOS_TRANSACTIONAL_ID')) kinds.push('twin');
  // One that has no group to share the partitions with cannot be joined by another.
  if (members === 1) kinds.push('join', 'leave', 'surge');
  return kinds;
}

/** The plan without these kinds. Whatever else the seed has in it stays. */
export function planWithout(plan: Plan, kinds: readonly FaultKind[], members: number): Plan {
  const phases = plan.phases.map((phase) => ({
    ...phase,
    faults: phase.faults
      .filter(({ kind }) => !kinds.includes(kind))
      // The only member is not replaced before it has ended.
      .map((fault) => ({ ...fault, sameIdentity: fault.sameIdentity || members === 1 })),
  }));
  return { ...plan, phases };
}

/** The plan for a program that has assignors of its own. */
export function planOfProgram({ seed, phases }: Plan): Plan {
  return { seed, phases: phases.map((phase) => ({ ...phase, assignor: 'of the program' })) };
}

export const commandUsage = `
 Any other program that reads requests, writes results and commits both in one transaction:
  --command LINE           starts it, as a member of the group; it is told in its environment, and in LINE as $NAME:
                           CHAOS_BOOTSTRAP_SERVERS, CHAOS_REQUESTS_TOPIC, CHAOS_RESULTS_TOPIC, CHAOS_DEAD_LETTERS_TOPIC
                           (empty: none), CHAOS_GROUP, CHAOS_MEMBER (a number), CHAOS_TRANSACTIONAL_ID,
                           CHAOS_GROUP_INSTANCE_ID (empty: not static), CHAOS_SESSION_TIMEOUT_MS
  --ready REGEX            a line of its output that says it is up (default: the group has given out its partitions)
  --origin PLACE           where a result names its request, as for \`kubesentiment verify\` (/source)
  --dead-letter-origin P   where a dead letter does (the kafka_dlt-original- headers)
  --no-dead-letters        it has no topic for them: each request, whatever it holds, must have its result
  --members N              that run at first (3); 1: for a program that shares its partitions with nobody
  --without KIND,KIND      leaves these faults out; without bad-messages every request is as it should be`;

/** Of `parseArgs`. */
export const commandOptions = {
  command: { type: 'string' },
  ready: { type: 'string' },
  origin: { type: 'string', default: DEFAULT_ORIGIN },
  'dead-letter-origin': { type: 'string', default: DEAD_LETTER_ORIGIN },
  'no-dead-letters': { type: 'boolean', default: false },
  members: { type: 'string', default: '3' },
  without: { type: 'string', default: '' },
} as const;

interface CommandValues {
  readonly command?: string | undefined;
  readonly ready?: string | undefined;
  readonly origin: string;
  readonly 'dead-letter-origin': string;
  readonly 'no-dead-letters': boolean;
  readonly members: string;
  readonly without: string;
}

/** What they say. Throws a sentence when they make no sense. */
export function readCommandOptions(values: CommandValues) {
  const without = values.without.split(',').filter((name) => name !== '');
  const unknown = without.find((name) => !FAULT_KINDS.includes(name as FaultKind));
  if (unknown !== undefined) throw new Error(`There is no fault ${unknown}: ${FAULT_KINDS.join(', ')}.`);
  const members = Number(values.members);
  if (!(Number.isInteger(members) && members > 0))
    throw new Error('--members must be a whole number above 0.');
  const { command: line, ready } = values;
  if (line === undefined && values['no-dead-letters']) throw new Error('--no-dead-letters needs --command.');
  return {
    command:
      line === undefined ? undefined : { line, ready: ready === undefined ? undefined : new RegExp(ready) },
    origins: {
      result: originReader(values.origin, allTopics.requests),
      deadLetter: originReader(values['dead-letter-origin'], allTopics.requests),
    },
    hasDeadLetters: !values['no-dead-letters'],
    members,
    without: without as FaultKind[],
  };
}
