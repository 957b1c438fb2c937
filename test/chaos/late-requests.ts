import { setTimeout as sleep } from 'node:timers/promises';
import { gate } from '../helpers/gate.ts';
import type { KafkaConnection, Request, Traffic } from './kafka-connection.ts';
import { errorName, errorsIn } from './protocol.ts';
import type { Random } from '../../src/corpus/random.ts';

/** The requests of a transaction that can come late. */
export const heldKinds = [
  'commit',
  'abort',
  'produce',
  'add-partitions',
  'add-offsets',
  'offset-commit',
] as const;
export type HeldKind = (typeof heldKinds)[number];

/**
 * When the broker gets the request: once the client has ended that transaction without it, after the first records of
 * the next one, after its first offsets, after both, after its end, or some time after its own end, whatever happens.
 */
export const lateMoments = ['between', 'produce', 'offsets', 'both', 'end', 'random'] as const;
export type Moment = (typeof lateMoments)[number];

export interface HoldOrder {
  readonly kinds: readonly HeldKind[];
  readonly moments: readonly Moment[];
  /** How long a producer is left alone after each, at most, ms. */
  readonly gapMs: number;
  readonly holdsMax?: number;
  readonly random: Random;
}

export interface HoldCounts {
  holds: number;
  /** What the broker answered to the late requests, by the name of the error. */
  readonly answers: Record<string, number>;
  /** When it got them. */
  readonly moments: Partial<Record<Moment | 'in vain', number>>;
  /** When it got those that it has taken. */
  readonly taken: Partial<Record<Moment | 'in vain', number>>;
}

type Gate = ReturnType<typeof gate<undefined>>;

interface Hold {
  readonly kind: HeldKind;
  readonly moment: Moment;
  readonly randomMs: number;
  readonly request: Request;
  readonly connection: KafkaConnection;
  /** The transaction of the held request has ended without it. */
  isNext: boolean;
  /** Opens with the first records of the next one. */
  readonly produced: Gate;
  /** Set when the broker gets it. */
  released: Promise<void> | undefined;
}

/** A producer whose moment does not come has ended, or has nothing to do. */
const WAIT_MS_MAX = 5_000;
/** The client waits for its answer while the broker deals with the late request, up to this. */
const LATE_ANSWER_MS_MAX = 2_000;
const RECORDS_MS_MAX = 1_000;
const ARRIVAL_MS_MAX = 10_000;
/** Another kind is chosen after this: transactions of the second protocol do without some requests. */
const KIND_MS_MAX = 1_000;
const randomRangeMs = [100, 300] as const;
/** OFFSET_METADATA_TOO_LARGE: the client has to abort, and nobody takes it for anything else. */
const MADE_UP_ERROR = 12;
/** Holds requests of transactions, one of each producer at a time, and lets the broker have them too late. */
export class LateRequests implements Traffic {
  readonly counts: Partial<Record<HeldKind, HoldCounts>> = {};
  /** How many of each kind the members have sent: not every version of the protocol has all of them. */
  readonly seen: Partial<Record<HeldKind, number>> = {};
  #order: HoldOrder | undefined;
  #begun = 0;
  #turn = 0;
  readonly #holds = new Map<string, Hold>();
  readonly #expected = new Map<number, Moment>();
  /** Of each producer: what is held next, and from when on. */
  readonly #next = new Map<string, { readonly kind: HeldKind; readonly from: number; isCaused: boolean }>();

  get total(): number {
    return Object.values(this.counts).reduce((sum, { holds }) => sum + holds, 0);
  }

  /** Forgets what was before. */
  reset(): void {
    for (const kind of heldKinds) {
      delete this.counts[kind];
      delete this.seen[kind];
    }
  }

  /** None is on its way, and as many as were wanted have been. */
  get done(): boolean {
    const { holdsMax = Number.POSITIVE_INFINITY } = this.#order ?? { holdsMax: 0 };
    return this.#holds.size === 0 && this.#begun >= holdsMax;
  }

  start(order: HoldOrder): HoldOrder {
    this.#order = order;
    this.#begun = 0;
    this.#next.clear();
    return order;
  }

  /** Holds no more, unless there is another order since. What is held comes in its time. */
  stop(order = this.#order): void {
    if (this.#order === order) this.#order = undefined;
  }

  /** False when what is expected does not come: systems send it again after ever longer times. */
  async arrived(count: number): Promise<boolean> {
    const deadline = performance.now() + ARRIVAL_MS_MAX;
    while (this.total < count && performance.now() < deadline) await sleep(20);
    return this.total >= count;
  }

  /** Whatever comes from this port from now on has been lost before, and is held once more until the moment. */
  expect(port: number, moment: Moment): void {
    this.#expected.set(port, moment);
  }

  holds(request: Request, connection: KafkaConnection): boolean {
    const id = request.transaction?.transactionalId;
    const kind = kindOf(request);
    const order = this.#order;
    if (id === undefined || kind === undefined) return false;
    this.seen[kind] = (this.seen[kind] ?? 0) + 1;
    if (this.#holds.has(id)) return false;
    const expected = this.#expected.get(connection.clientPort);
    if (expected !== undefined) {
      this.#expected.delete(connection.clientPort);
      this.#hold(id, { kind, moment: expected, randomMs: 0, request, connection, isNext: false });
      return true;
    }
    if (order === undefined || this.#begun >= (order.holdsMax ?? Number.POSITIVE_INFINITY)) return false;
    const next = this.#nextOf(id, order);
    if (next.kind !== kind || performance.now() < next.from) return false;
    const randomMs = order.random.between(...randomRangeMs);
    const moment = order.random.pick(order.moments);
    this.#begun++;
    this.#hold(id, { kind, moment, randomMs, request, connection, isNext: false });
    return true;
  }

  #hold(id: string, what: Omit<Hold, 'produced' | 'released'>): void {
    const hold: Hold = { ...what, produced: gate(), released: undefined };
    this.#holds.set(id, hold);
    setTimeout(() => this.#release(id, hold, 'in vain'), WAIT_MS_MAX).unref();
  }

  answered(request: Request, response: Buffer, connection: KafkaConnection): Promise<void> | undefined {
    const errors = errorsIn(request.header, response);
    const id = request.transaction?.transactionalId;
    if (id === undefined || !errors.every(({ code }) => code === 0)) return undefined;
    const hold = this.#holds.get(id);
    if (hold === undefined) {
      if (this.#causesAbort(id, request))
        for (const { at } of errors) response.writeInt16BE(MADE_UP_ERROR, at);
      return undefined;
    }
    if (connection === hold.connection) return undefined; // to what came before; the client does not get it
    const moment = momentOf(hold, request);
    if (moment === 'produce') hold.produced.resolve(undefined);
    if (moment === 'offsets' && hold.moment === 'both') return this.#afterRecords(id, hold);
    if (moment === 'between' && hold.moment === 'random') {
      setTimeout(() => this.#release(id, hold, 'random'), hold.randomMs);
      return undefined;
    }
    const isDue = moment === hold.moment || (moment === 'end' && hold.moment !== 'random');
    return moment !== undefined && isDue ? this.#release(id, hold, moment) : undefined;
  }

  /** The client waits for the answer to its offsets until its records have arrived. */
  async #afterRecords(id: string, hold: Hold): Promise<void> {
    await Promise.race([hold.produced.promise, sleep(RECORDS_MS_MAX, undefined, { ref: false })]);
    await this.#release(id, hold, 'both');
  }

  /** Aborts are rare; so one is made before one can be held. */
  #causesAbort(id: string, { header }: Request): boolean {
    const order = this.#order;
    if (order === undefined || header.api !== 'offsetCommit' || this.done) return false;
    const next = this.#nextOf(id, order);
    if (next.kind !== 'abort' || next.isCaused || performance.now() < next.from) return false;
    next.isCaused = true;
    return true;
  }

  #nextOf(id: string, { kinds, gapMs, random }: HoldOrder) {
    const known = this.#next.get(id);
    if (known !== undefined && performance.now() < known.from + KIND_MS_MAX) return known;
    const next = {
      kind: kinds[this.#turn++ % kinds.length] as HeldKind,
      from: performance.now() + random.between(0, gapMs),
      isCaused: false,
    };
    this.#next.set(id, next);
    return next;
  }

  #release(id: string, hold: Hold, moment: Moment | 'in vain'): Promise<void> {
    hold.released ??= this.#send(id, hold, moment);
    return hold.released;
  }

  async #send(id: string, hold: Hold, moment: Moment | 'in vain'): Promise<void> {
    const counts = this.counts[hold.kind] ?? { holds: 0, answers: {}, moments: {}, taken: {} };
    this.counts[hold.kind] = counts;
    counts.moments[moment] = (counts.moments[moment] ?? 0) + 1;
    const answering = hold.connection.sendLate().then((answer) => {
      const name = answer === undefined ? 'connection closed' : answerOf(hold.request, answer);
      counts.holds++;
      counts.answers[name] = (counts.answers[name] ?? 0) + 1;
      if (name === 'NONE') counts.taken[moment] = (counts.taken[moment] ?? 0) + 1;
      this.#holds.delete(id);
      this.#next.delete(id);
    });
    await Promise.race([answering, sleep(LATE_ANSWER_MS_MAX, undefined, { ref: false })]);
  }
}

function kindOf({ transaction }: Request): HeldKind | undefined {
  switch (transaction?.api) {
    case 'endTxn':
      return transaction.commits ? 'commit' : 'abort';
    case 'produce':
      return 'produce';
    case 'addPartitions':
      return 'add-partitions';
    case 'addOffsets':
      return 'add-offsets';
    case 'offsetCommit':
      return 'offset-commit';
    default:
      return undefined;
  }
}

/** What the answer to this request says about where the producer is. */
function momentOf(hold: Hold, { header }: Request): Moment | undefined {
  if (!hold.isNext) {
    // A new epoch ends a transaction as well.
    if (header.api !== 'endTxn' && header.api !== 'initProducerId') return undefined;
    hold.isNext = true;
    return 'between';
  }
  switch (header.api) {
    case 'produce':
      return 'produce';
    case 'offsetCommit':
      return 'offsets';
    case 'endTxn':
      return 'end';
    default:
      return undefined;
  }
}

function answerOf({ header }: Request, answer: Buffer): string {
  const code = errorsIn(header, answer).find((error) => error.code !== 0)?.code ?? 0;
  return errorName(code);
}
