import type { AssignedPartition, ConsumerClient, Move, RebalanceListener } from '../clients.ts';
import { readCommitText, writeCommitText } from '../commit-text.ts';
import { KubesentimentError } from '../errors.ts';
import type { TopicPartition, TopicPartitionOffset } from '../types.ts';
import { type ClusterMetadata, readMetadata } from './connect.ts';
import { fromRdkafka } from './errors.ts';
import { moveOf, readReport, type ResetReport } from './log-move.ts';
import { seekTo } from './seek.ts';
import { type PartitionRange, textAfter } from './start-positions.ts';

interface RawConsumer {
  on(
    event: 'event.log',
    listener: (event: { fac: string; severity?: number; message: string }) => void,
  ): unknown;
}

export interface LogChangesOptions {
  readonly raw: object;
  /** One after the other with rebalances. */
  readonly inTurn: (step: () => Promise<void>) => void;
  /** Runs the step while nothing is polled. */
  readonly unpolled: (step: () => Promise<void>) => Promise<void>;
  readonly rangeOf: (place: TopicPartition) => Promise<PartitionRange>;
  /**
   * KIP-848: the group assigns topics by their ids, so a topic that is created again is another one, whose partitions
   * it gives to somebody while we still have those of the old one.
   */
  readonly assignsById: boolean;
  /** Has the group remember the start. */
  readonly commit: (offsets: readonly TopicPartitionOffset[]) => Promise<void>;
  readonly member: ConsumerClient;
  readonly listener: Pick<RebalanceListener, 'nextOf' | 'doubt' | 'trust' | 'reset' | 'retire' | 'skipped'>;
  readonly onWarning: (error: KubesentimentError) => void;
}

const RETRY_MS = 250;
const RETRY_MS_MAX = 2_000;
const DEBUG = 7;

/**
 * Finds out what has happened to the log of a partition while it is read: its topic was created again, its end is gone,
 * or records were deleted before they were read. Looks when librdkafka reports that it gives a position up, or when
 * records come again, and then sees to it that the partition is read on where it should be.
 */
export class LogChanges {
  readonly #options: LogChangesOptions;
  readonly #raw: RawConsumer;
  readonly #assigned = new Map<string, AssignedPartition>();
  /** Partitions that are being looked into. */
  readonly #doubts = new Map<string, ResetReport | undefined>();
  #isStopped = false;

  constructor(options: LogChangesOptions) {
    this.#options = options;
    this.#raw = options.raw as RawConsumer;
    this.#raw.on('event.log', ({ fac, severity, message }) => {
      if (fac === 'OFFSET' && severity !== DEBUG) this.#reported(message);
    });
  }

  assigned(partitions: readonly AssignedPartition[]): void {
    for (const entry of partitions) this.#assigned.set(nameOf(entry), entry);
  }

  revoked(partitions: readonly TopicPartition[]): void {
    for (const entry of partitions) {
      this.#assigned.delete(nameOf(entry));
      this.#doubts.delete(nameOf(entry));
    }
  }

  stop(): void {
    this.#isStopped = true;
  }

  /** Records came again. */
  doubt(place: TopicPartition): void {
    this.#look(place, undefined);
  }

  #reported(message: string): void {
    const { topic, partition, report } = readReport(message) ?? {};
    if (topic === undefined || partition === undefined || report === undefined) return;
    const place = { topic, partition };
    if (!this.#assigned.has(nameOf(place))) return;
    const { listener, member } = this.#options;
    if (report.isRecreated) listener.doubt(member, place); // what was fetched of the old topic is gone anyway
    this.#look(place, report);
  }

  #look(place: TopicPartition, report: ResetReport | undefined): void {
    const name = nameOf(place);
    const isKnown = this.#doubts.has(name);
    if (!isKnown || report !== undefined) this.#doubts.set(name, report);
    if (!isKnown) this.#options.inTurn(() => this.#attempt(place, 1));
  }

  /** Must not hold up rebalances, so it is tried again later, in its turn. */
  async #attempt(place: TopicPartition, attempt: number): Promise<void> {
    const name = nameOf(place);
    const known = this.#assigned.get(name);
    if (known === undefined || this.#isStopped) return;
    try {
      await this.#settle(known);
      this.#doubts.delete(name);
    } catch (error) {
      if (this.#isStopped) return;
      const reason = error instanceof KubesentimentError ? error : fromRdkafka(error, 'Looking at a log');
      this.#options.onWarning(reason);
      const again = (): void => this.#options.inTurn(() => this.#attempt(place, attempt + 1));
      setTimeout(again, Math.min(RETRY_MS_MAX, RETRY_MS * attempt)).unref();
    }
  }

  async #settle(known: AssignedPartition): Promise<void> {
    const { rangeOf, listener, member, unpolled, assignsById } = this.#options;
    await readMetadata(this.#raw as never, known.topic); // so that the client knows the topic's id as it is now
    const range = await rangeOf(known);
    const next = listener.nextOf(member, known);
    if (next === undefined) return; // it is being given back
    const report = this.#doubts.get(nameOf(known));
    const move = moveOf({ topicId: readCommitText(known.metadata)?.topic, range, report, next });
    if (move === undefined) {
      await unpolled(async () => {
        await seekTo(this.#raw, { topic: known.topic, partition: known.partition, offset: next });
        listener.trust(member, known);
      });
    } else if (move.reason === 'trimmed') this.#skip(known, move, range);
    else if (move.reason === 'topic_recreated' && assignsById) listener.retire(member, known);
    else await this.#reset(known, move, range);
  }

  /** librdkafka goes on at the oldest record by itself, after what it has fetched before. */
  #skip(known: AssignedPartition, move: Move, range: PartitionRange): void {
    const from = Math.max(move.from, this.#skippedTo(known));
    if (from >= move.to) return; // told before
    const entry = moved(known, { ...move, from }, range);
    this.#assigned.set(nameOf(known), entry);
    const { listener, member } = this.#options;
    listener.skipped(member, entry);
  }

  #skippedTo({ moved: last }: AssignedPartition): number {
    return last?.reason === 'trimmed' ? last.to : 0;
  }

  async #reset(known: AssignedPartition, move: Move, range: PartitionRange): Promise<void> {
    const { listener, member, commit, unpolled } = this.#options;
    listener.doubt(member, known);
    const { topic, partition } = known;
    const entry = { ...moved(known, move, range), start: move.to, position: move.to };
    await commit([{ topic, partition, offset: move.to, metadata: entry.metadata as string }]);
    await unpolled(async () => {
      await seekTo(this.#raw, { topic, partition, offset: move.to });
      this.#assigned.set(nameOf(known), entry);
      listener.reset(member, entry);
    });
  }
}

/** Which of the topics the cluster does not have. */
export async function missingOf(raw: object, topics: readonly string[]): Promise<string[]> {
  const missing: string[] = [];
  for (const topic of topics) {
    const { topics: found }: ClusterMetadata = await readMetadata(raw as never, topic);
    const partitions = found.find(({ name }) => name === topic)?.partitions ?? [];
    if (partitions.length === 0) missing.push(topic);
  }
  return missing;
}

function moved(known: AssignedPartition, move: Move, range: PartitionRange): AssignedPartition {
  const text = readCommitText(known.metadata) ?? { partitions: 0 };
  const metadata = writeCommitText(textAfter(move, text, range.topicId, Date.now()));
  return { topic: known.topic, partition: known.partition, moved: move, metadata };
}

function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}
