/** Any read-process-write program in place of ours: how it is started, and which faults it gets. */
import { DEFAULT_ORIGIN, originReader } from '../../src/verify/origin.ts';
import { allTopics, DEAD_LETTER_ORIGIN, type Topics } from './check.ts';
import type { Launch } from './member.ts';
import { FAULT_KINDS, type FaultKind, type Phase, type Plan, SESSION_TIMEOUT_MS } from './plan.ts';

export interface Command {
  /** Run by `sh`, which replaces itself with it so that signals reach the program. */
  readonly line: string;
  /** Matches the line of its output that says it is up. Default: the group is stable. */
  readonly ready: RegExp | undefined;
}

export interface CommandScene {
  readonly bootstrapServers: string;
  readonly group: string;
  readonly topics: Topics;
}

/** The program is told everything in its environment, so the command line can use it as `$NAME`. */
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
    // Empty: there is none.
    CHAOS_DEAD_LETTERS_TOPIC: topics.deadLetters ?? '',
    CHAOS_GROUP: group,
    // A successor with the same identity has the same number.
    CHAOS_MEMBER: identity.replace(/^m/, ''),
    CHAOS_TRANSACTIONAL_ID: `${group}-${identity}`,
    // Empty: a dynamic member.
    CHAOS_GROUP_INSTANCE_ID: staticMembers ? identity : '',
    CHAOS_SESSION_TIMEOUT_MS: String(SESSION_TIMEOUT_MS),
  };
  return { file: 'sh', args: ['-c', `exec 1>&2; exec ${line}`], env, ready };
}

/** Faults that make no sense for a program that we cannot configure. */
export function leftOutFor({ line }: Command, members: number): FaultKind[] {
  const kinds: FaultKind[] = [];
  // A second process with the same identity: without our transactional id there is no identity to share.
  if (!line.includes('CHAOS_TRANSACTIONAL_ID')) kinds.push('twin');
  // A program that runs alone must never meet a second process, and one that stands still is replaced.
  if (members === 1) kinds.push('join', 'leave', 'surge', 'zombie', 'freeze');
  return kinds;
}

/** The plan without these kinds; everything else stays as the seed made it. */
export function planWithout(plan: Plan, kinds: readonly FaultKind[], members: number): Plan {
  const phases = plan.phases.map((phase) => ({
    ...phase,
    faults: phase.faults
      .filter(({ kind }) => !kinds.includes(kind))
      // A program that runs alone is not replaced before it has ended.
      .map((fault) => ({ ...fault, sameIdentity: fault.sameIdentity || members === 1 })),
  }));
  return { ...plan, phases };
}

/** The plan for a program that chooses its own assignor. */
export function planOfProgram({ phases, ...plan }: Plan): Plan {
  return { ...plan, phases: phases.map((phase) => ({ ...phase, assignor: 'of the program' })) };
}

export const COMMAND_USAGE = `
Any other program that reads requests and writes results in one transaction with its offsets:
  --command LINE          run by sh, as every member of the group; one process, which gets the signals. Its environment
                          has, and LINE may use: CHAOS_BOOTSTRAP_SERVERS, CHAOS_REQUESTS_TOPIC,
                          CHAOS_RESULTS_TOPIC, CHAOS_DEAD_LETTERS_TOPIC (empty: none), CHAOS_GROUP, CHAOS_MEMBER
                          (a number), CHAOS_TRANSACTIONAL_ID, CHAOS_GROUP_INSTANCE_ID (empty: a dynamic member),
                          CHAOS_SESSION_TIMEOUT_MS
  --ready REGEX           matches the line of its output that says it is up (default: wait for the group to be stable)
  --origin PLACE          where a result names its request, as for \`kubesentiment verify\` (/source)
  --dead-letter-origin P  the same for dead letters (the kafka_dlt-original- headers)
  --no-dead-letters       there is no such topic: every request, valid or not, must have a result
  --members N             at the start (3); 1 for a program that must run alone
  --without KIND,KIND     leaves out these faults; without bad-messages every request is valid`;

/** For `parseArgs`. */
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

/** Throws a sentence when the options make no sense. */
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
