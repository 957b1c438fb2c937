import { setTimeout as sleep } from 'node:timers/promises';
import { BLOCKED_S } from '../lag.ts';
import { recordAgeMs } from '../record-age.ts';
import type { SourceMessage, TopicPartition } from '../types.ts';
import type { BrokerAccess } from './broker-connection.ts';
import type { GroupReader, GroupReaderOptions } from './group-reader.ts';
import { LazyReader } from './lazy-reader.ts';
import { type TransactionHolder, transactionHolder } from './transaction-holders.ts';

/** Records behind the oldest open transaction of a partition: nobody reads them before it has ended. */
export interface HeldBack extends TopicPartition {
  /** Where readers of committed records stop. */
  readonly stableOffset: number;
  readonly highWatermark: number;
  /** Age of the first of the records; null where its timestamp cannot be true, or the user may not read it. */
  readonly seconds: number | null;
  /** Who holds them back, as far as the brokers tell. */
  readonly holder: string;
}

export interface HeldBackOptions extends Omit<GroupReaderOptions, 'isolation'> {
  /** How to ask a broker directly; undefined where that is not possible. */
  readonly accessTo: (broker: { readonly host: string; readonly port: number }) => BrokerAccess | undefined;
}

/** Where brokers keep what groups have committed. */
const OFFSETS_TOPIC = '__consumer_offsets';
const UNKNOWN_HOLDER = 'an unknown producer';
const RECORD_TIMEOUT_MS = 3_000;

/** Whether it is known to be more than a transaction at work. */
export function isHanging({ seconds }: Pick<HeldBack, 'seconds'>): boolean {
  return seconds !== null && seconds >= BLOCKED_S;
}

/** Finds the partitions with an open transaction, and who began it. Connects when it is first asked. */
export class HeldBackReader {
  readonly #accessTo: HeldBackOptions['accessTo'];
  readonly #group: string;
  /** Sees what is not committed. */
  readonly #all: LazyReader;
  /** Sees what is, for callers without a reader of their own. */
  readonly #stable: LazyReader;

  constructor({ accessTo, ...options }: HeldBackOptions) {
    this.#accessTo = accessTo;
    this.#group = options.group;
    this.#all = new LazyReader({ ...options, isolation: 'read_uncommitted' });
    this.#stable = new LazyReader({ ...options, isolation: 'read_committed' });
  }

  /** `stable`: a reader of committed records. KS_BROKER_UNREACHABLE, KS_NOT_AUTHORIZED. */
  async find(partitions: readonly TopicPartition[], stable?: Pick<GroupReader, 'ends'>): Promise<HeldBack[]> {
    const reader = await this.#all.connected();
    // In this order: whatever is written and committed in between is not taken for held back.
    const highs = await reader.ends(partitions);
    const stables = await (stable ?? (await this.#stable.connected())).ends(partitions);
    const held = partitions.flatMap(({ topic, partition }, i) => {
      const [offset, highWatermark] = [stables[i]?.high ?? 0, highs[i]?.high ?? 0];
      return highWatermark > offset ? [{ topic, partition, offset, highWatermark }] : [];
    });
    const first = await reader.firstRecords(held, RECORD_TIMEOUT_MS);
    return Promise.all(
      held.map(async ({ topic, partition, offset, highWatermark }, i) => ({
        ...{ topic, partition, stableOffset: offset, highWatermark, seconds: ageOf(first[i]) },
        holder: await this.#holderOf(reader, { topic, partition }),
      })),
    );
  }

  /**
   * The transactions that hang, those on the offsets of the group too. Where no age is known, it looks again after as
   * long as none at work takes.
   */
  async findHanging(
    partitions: readonly TopicPartition[],
    stable: Pick<GroupReader, 'ends'>,
  ): Promise<HeldBack[]> {
    // Nobody may have committed yet, and this user may not see where.
    const offsets = await this.#placeOfOffsets().catch(() => undefined);
    const found = await this.find(offsets ? [...partitions, offsets] : partitions, stable);
    const inDoubt = found.filter(({ seconds }) => seconds === null);
    if (inDoubt.length === 0) return found.filter(isHanging);
    await sleep(1_000 * BLOCKED_S);
    const later = await this.find(inDoubt, stable);
    const isSame = (held: HeldBack): boolean => later.some((each) => isSamePlace(each, held));
    return found.filter((held) => (held.seconds === null ? isSame(held) : isHanging(held)));
  }

  /**
   * The open transaction on the offsets of the group. While there is one, no member learns where the partitions in it
   * stand, and nothing of them is read. KS_BROKER_UNREACHABLE, KS_NOT_AUTHORIZED.
   */
  async findInOffsets(): Promise<HeldBack | undefined> {
    const [held] = await this.find([await this.#placeOfOffsets()]);
    return held;
  }

  /** One past the newest record of each partition, committed or not. KS_BROKER_UNREACHABLE, KS_NOT_AUTHORIZED. */
  async ends(partitions: readonly TopicPartition[]): Promise<number[]> {
    const reader = await this.#all.connected();
    return (await reader.ends(partitions)).map(({ high }) => high);
  }

  async close(): Promise<void> {
    await Promise.all([this.#all.close(), this.#stable.close()]);
  }

  async #placeOfOffsets(): Promise<TopicPartition> {
    const reader = await this.#all.connected();
    const { length } = await reader.partitionsOf(OFFSETS_TOPIC);
    return { topic: OFFSETS_TOPIC, partition: Math.abs(javaHash(this.#group)) % length };
  }

  async #holderOf(reader: GroupReader, partition: TopicPartition): Promise<string> {
    const { brokers } = await reader.metadata();
    const accesses = brokers.map(this.#accessTo).filter((access) => access !== undefined);
    return nameOf(await transactionHolder(accesses, partition));
  }
}

/** As Java hashes a string, and a broker the name of a group. */
function javaHash(text: string): number {
  let hash = 0;
  for (let i = 0; i < text.length; i++) hash = (31 * hash + text.charCodeAt(i)) | 0;
  return hash;
}

function isSamePlace(a: HeldBack, b: HeldBack): boolean {
  return a.topic === b.topic && a.partition === b.partition && a.stableOffset === b.stableOffset;
}

function ageOf(record: SourceMessage | undefined | 'late'): number | null {
  const ageMs = typeof record === 'object' ? recordAgeMs(record.timestamp, Date.now()) : undefined;
  return ageMs === undefined ? null : ageMs / 1_000;
}

function nameOf(holder: TransactionHolder | undefined): string {
  if (holder === undefined) return UNKNOWN_HOLDER;
  const { transactionalId, producerId } = holder;
  return transactionalId === undefined ? `producer ${producerId}` : `transactional id "${transactionalId}"`;
}
