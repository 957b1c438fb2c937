import { Random } from '../../src/corpus/random.ts';

/** Every kind of fault and how often it comes up, beside once for certain. */
const weights = {
  /** SIGKILL a member, start another under the same or another identity. */
  kill: 5,
  /** SIGTERM a member, start another under the same or another identity. */
  terminate: 3,
  join: 2,
  leave: 2,
  /** As many members as there may be, and some seconds later as few. */
  surge: 1,
  /** SIGSTOP for longer than the session, then SIGCONT: it wakes up after others have its partitions. */
  zombie: 3,
  /** SIGSTOP for less than the session. */
  freeze: 1,
  /** A second process under the identity of a running one. */
  twin: 1,
  'add-partition': 1,
  /** SIGTERM a broker, start it again. */
  'broker-restart': 1,
  /** SIGKILL a broker, start it again. */
  'broker-kill': 1,
  /** SIGSTOP a broker, SIGCONT it later: its connections stay open, and nothing on them is answered. */
  'broker-freeze': 1,
  /** SIGKILL all brokers, start them again. */
  'cluster-kill': 1,
  /** Other replicas become the leaders of a topic. */
  'leader-moved': 2,
  /** Another broker looks after the group, or after the transactions. */
  'coordinator-moved': 2,
  /** The results or the dead-letter topic takes no record, for a while. */
  unwritable: 1,
  /** A broker is away that those topics cannot do without. */
  'replica-missing': 1,
  /** Every byte between members and broker takes longer. */
  'network-slow': 2,
  /** Every connection between members and broker is reset, new ones too, for a while. */
  'network-cut': 2,
  /** Bytes neither arrive nor fail, for a while. */
  'network-stall': 1,
  /** Hundreds of messages in a row that cannot be processed. */
  'bad-messages': 1,
  /** Requests of transactions reach the broker in the middle of the next one, many of them, of every kind. */
  'held-requests': 3,
  /** Packets of one connection are lost, and sent again after the client has given it up. Not everywhere possible. */
  'packet-loss': 2,
  /** A transaction on the offsets of the group is open while partitions are given to others. */
  'open-transaction': 2,
  /** The next version of the model; members take it up at once, later, while they join or while they end. */
  'model-exchanged': 6,
  /** The next version, of which a file is half there for a while. */
  'model-half-written': 3,
  /** A canary that agrees with the model in use; then it is the model in use. Members come and go meanwhile. */
  'canary-promoted': 3,
  /** The same, and then it is taken out again. */
  'canary-withdrawn': 2,
  /** One that says the opposite. Each process that has it returns from it. */
  'canary-bad': 3,
  /** One of which a file is half there for a while. */
  'canary-half-written': 1,
} as const;
export type FaultKind = keyof typeof weights;
export const FAULT_KINDS = Object.keys(weights) as readonly FaultKind[];
/** Those that need models that come and go. */
export const modelFaults: readonly FaultKind[] = [
  ...(['model-exchanged', 'model-half-written'] as const),
  ...(['canary-promoted', 'canary-withdrawn', 'canary-bad', 'canary-half-written'] as const),
];

export interface Fault {
  readonly kind: FaultKind;
  /** Chooses the victim: modulo the members that run when it comes to it. */
  readonly pick: number;
  readonly sameIdentity: boolean;
  /** How long it lasts, or how long the victim stays away, ms. */
  readonly durationMs: number;
  /** Quiet time after it, ms. */
  readonly pauseMs: number;
}

/** Members of different assignors cannot be in one group, so each phase starts with new ones. */
export interface Phase {
  /** `of the broker` is the protocol of KIP-848, `of the program` what another program than ours has chosen. */
  readonly assignor: 'cooperative-sticky' | 'range' | 'of the broker' | 'of the program';
  readonly staticMembers: boolean;
  /** Transactional ids are made up at each start, so nobody ends the transaction of one that was killed. */
  readonly generatedIds: boolean;
  readonly faults: readonly Fault[];
}

export interface Plan {
  readonly seed: number;
  /** The brokers look for transactions that nobody ends every ten seconds, as they do by default, not every second. */
  readonly slowBrokers: boolean;
  readonly phases: readonly Phase[];
}

export const SESSION_TIMEOUT_MS = 6_000;
const FAULTS_PER_PHASE_MAX = 25;

/** The faults of a run: the same for the same seed, number and kinds. Every kind is in it, if there is room. */
export function createPlan(seed: number, faultCount: number, kinds = FAULT_KINDS): Plan {
  const random = new Random(seed);
  const urn = kinds.flatMap((kind) => Array<FaultKind>(weights[kind]).fill(kind));
  const drawn = shuffled(kinds, random).slice(0, faultCount);
  while (drawn.length < faultCount) drawn.push(random.pick(urn));
  const faults = shuffled(drawn, random).map((kind) => createFault(random, kind));

  const phaseCount = Math.max(3, Math.ceil(faultCount / FAULTS_PER_PHASE_MAX));
  const phases = Array.from({ length: phaseCount }, (_, i): Phase => {
    const [from, to] = [i, i + 1].map((at) => Math.round((at * faultCount) / phaseCount));
    return {
      assignor: (['cooperative-sticky', 'range', 'of the broker'] as const)[i % 3] as Phase['assignor'],
      staticMembers: i % 2 === 1,
      generatedIds: random.chance(0.5),
      faults: faults.slice(from, to),
    };
  });
  return { seed, slowBrokers: random.chance(0.5), phases };
}

/** The plan for brokers that do not assign partitions themselves. */
export function planWithClassicProtocol({ phases, ...plan }: Plan): Plan {
  const classic = ({ assignor, ...phase }: Phase): Phase => ({
    ...phase,
    assignor: assignor === 'of the broker' ? 'cooperative-sticky' : assignor,
  });
  return { ...plan, phases: phases.map(classic) };
}

export function printPlan({ seed, slowBrokers, phases }: Plan): string {
  const lines = [`Fault plan of seed ${seed}, brokers ${slowBrokers ? 'as by default' : 'that look often'}:`];
  for (const [i, { assignor, staticMembers, generatedIds, faults }] of phases.entries()) {
    const ids = `${generatedIds ? 'generated' : 'stable'} ids`;
    lines.push(`  phase ${i + 1}: ${assignor}, ${staticMembers ? 'static' : 'dynamic'} members, ${ids}`);
    for (const fault of faults) lines.push(`    ${describeFault(fault)}`);
  }
  return lines.join('\n');
}

export function describeFault({ kind, pick, sameIdentity, durationMs, pauseMs }: Fault): string {
  const identity =
    kind === 'kill' || kind === 'terminate' ? (sameIdentity ? ', same identity' : ', new identity') : '';
  return `${kind} #${pick}${identity}, ${durationMs} ms, then ${pauseMs} ms`;
}

function createFault(random: Random, kind: FaultKind): Fault {
  return {
    kind,
    pick: random.between(0, 59), // a multiple of 2…6, so that every victim is equally likely
    sameIdentity: random.chance(0.6),
    durationMs: durationOf(random, kind),
    pauseMs: random.between(500, 4_000),
  };
}

function durationOf(random: Random, kind: FaultKind): number {
  switch (kind) {
    case 'zombie':
      return SESSION_TIMEOUT_MS + random.between(1_000, 5_000);
    case 'freeze':
      return random.between(500, SESSION_TIMEOUT_MS - 2_000);
    case 'network-slow':
    case 'network-cut':
      return random.between(500, 4_000);
    case 'surge':
    case 'unwritable':
    case 'replica-missing':
      return random.between(2_000, 8_000);
    case 'network-stall':
      return random.between(1_000, SESSION_TIMEOUT_MS + 3_000);
    case 'broker-freeze':
      return random.between(5_000, 18_000);
    case 'held-requests':
      return random.between(3_000, 8_000);
    case 'canary-promoted':
    case 'canary-withdrawn':
    case 'canary-bad':
    case 'canary-half-written':
      return random.between(1_000, 6_000);
    case 'open-transaction':
      return random.between(2_000, 15_000);
    default:
      return random.between(0, 2_000);
  }
}

function shuffled<T>(list: readonly T[], random: Random): T[] {
  const copy = [...list];
  for (let i = copy.length - 1; i > 0; i--) {
    const j = random.between(0, i);
    [copy[i], copy[j]] = [copy[j] as T, copy[i] as T];
  }
  return copy;
}
