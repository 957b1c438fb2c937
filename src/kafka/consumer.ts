import { setImmediate as turn } from 'node:timers/promises';
import type { KafkaConsumer as RawConsumer } from 'node-rdkafka';
import type { AssignedPartition, ConsumerClient, Polled } from '../clients.ts';
import { KubesentimentError } from '../errors.ts';
import { namesOnly } from '../topic-patterns.ts';
import type { SourceMessage, TopicPartition, TopicPartitionOffset } from '../types.ts';
import { withDeadline } from './deadline.ts';
import { LogChanges, missingOf } from './log-changes.ts';
import { MemberOffsets } from './member-offsets.ts';
import { rdkafka, rdkafkaCode } from './codes.ts';
import { fromRdkafka } from './errors.ts';
import { CallsInFlight } from './calls-in-flight.ts';
import { FatalReason } from './fatal-reason.ts';
import { warnOfHeldInstanceId } from './instance-id.ts';
import { Refusals } from './handshake.ts';
import { AssignmentStarts } from './assignment-starts.ts';
import { connectClient, makeClient } from './connect.ts';
import type { ConsumerOptions } from './consumer-options.ts';
import { leaveGroup } from './leave-group.ts';
import { seekTo } from './seek.ts';
import { placeOf } from './start-positions.ts';
import { unreadableBatch } from './unreadable.ts';
import { loadRdkafka } from './rdkafka-module.ts';

/** librdkafka waits this long for the *next* message of a poll, not for the poll as a whole. */
const POLL_WAIT_MS = 1;
const DISCONNECT_TIMEOUT_MS = 15_000;

/** One member of the group, over node-rdkafka in its polling mode. */
export class RdkafkaConsumer implements ConsumerClient {
  readonly index: number;
  readonly readsRetries: boolean;
  /** For `sendOffsetsToTransaction`, which wants the raw client. */
  readonly raw: RawConsumer;
  readonly #options: ConsumerOptions;
  /** Told while the messages of a poll are handed out. */
  #ends: TopicPartitionOffset[] = [];
  #polling: Promise<unknown> = Promise.resolve();
  /** Rebalance events are handled one after the other. */
  #rebalancing: Promise<void> = Promise.resolve();
  #rebalancesPending = 0;
  #assignmentsPending = 0;
  /** An assignment, or another log, is being handed to the listener and to librdkafka. */
  #isTaking = false;
  /** Remembered at the first assignment: on disconnect librdkafka answers NONE (node-rdkafka 1144). */
  #cooperative = false;
  /** A thread frees the client: see `CallsInFlight`. */
  #isBeingFreed = false;
  readonly #calls = new CallsInFlight('KS_KAFKA_RETRIABLE');
  readonly #refusals = new Refusals();
  readonly #fatalReason: FatalReason;
  readonly #starts: AssignmentStarts;
  readonly #offsets: MemberOffsets;
  readonly #changes: LogChanges;

  constructor(options: ConsumerOptions) {
    this.index = options.index;
    this.readsRetries = options.readsRetries ?? false;
    this.#options = options;
    const properties = {
      ...options.properties,
      'enable.partition.eof': true,
      rebalance_cb: (error: unknown, partitions: TopicPartition[]) => this.#onRebalance(error, partitions),
      ...(!options.commitsItself && {
        offset_commit_cb: (error: unknown, offsets: readonly TopicPartitionOffset[]) => {
          this.#offsets.answered(error, offsets);
          this.#starts.answered(error, offsets);
        },
      }),
    };
    this.raw = makeClient(
      () => new (loadRdkafka().KafkaConsumer)(properties as never, options.topicProperties as never),
    );
    this.raw.on('event.error', (error) => this.#onError(error));
    this.raw.on('partition.eof', (end) => this.#ends.push(end));
    this.#fatalReason = new FatalReason(this.raw);
    const { positions, startPolicy, commitsItself, onWarning, listener } = options;
    warnOfHeldInstanceId(this.raw, this.index, onWarning);
    this.#starts = new AssignmentStarts({
      raw: this.raw,
      positions,
      policy: startPolicy,
      listener,
      onWarning,
    });
    this.#offsets = new MemberOffsets({ raw: this.raw, calls: this.#calls, commitsItself, onWarning });
    this.#changes = this.#watchLogs();
  }

  #watchLogs(): LogChanges {
    const { listener, properties, onWarning } = this.#options;
    return new LogChanges({
      raw: this.raw,
      inTurn: (step) => {
        this.#rebalancing = this.#rebalancing.then(step).catch((reason) => listener.fatal(reason));
      },
      unpolled: (step) => this.#unpolled(step),
      rangeOf: (place) => this.#starts.rangeOf(place),
      assignsById: properties['group.protocol'] === 'consumer',
      commit: (offsets) => this.#starts.remember(offsets),
      member: this,
      listener,
      onWarning,
    });
  }

  connect(): Promise<void> {
    return connectClient(this.raw, this.#options.connectTimeoutMs, this.#options.onWarning);
  }

  subscribe(): void {
    this.raw.subscribe([...this.#options.topics]);
  }

  /**
   * While an assignment is being handed over nothing is read: a message read before it and handed out after it could
   * not be told from a new one. While partitions are given back polls go on: that waits for commits, whose answers
   * come by polling.
   */
  async poll(max: number, waitMs: number = POLL_WAIT_MS): Promise<Polled> {
    if (this.#isTaking) await this.#rebalancing;
    this.raw.setDefaultConsumeTimeout(this.#options.mayWait ? waitMs : POLL_WAIT_MS);
    const call = new Promise<Polled>((resolve, reject) => {
      this.raw.consume(max, (error, messages) => {
        const ends = this.#ends;
        if (ends.length > 0) this.#ends = [];
        if (error) reject(error);
        else resolve({ messages: messages as unknown as SourceMessage[], ends });
      });
    });
    this.#polling = call.catch(() => undefined).then(turn); // by then whoever polled has taken what came
    try {
      return await call;
    } catch (error) {
      this.#onError(error);
      return { messages: [], ends: [] };
    }
  }

  pause(partitions: readonly TopicPartition[]): void {
    if (partitions.length > 0 && !this.#isBeingFreed) this.raw.pause([...partitions]);
  }

  /** But for those that an operator has paused. */
  resume(partitions: readonly TopicPartition[]): void {
    const { pauses } = this.#options;
    const wanted = partitions.filter((place) => pauses?.has(place) !== true);
    if (wanted.length > 0 && !this.#isBeingFreed) this.raw.resume(wanted);
  }

  seek(place: TopicPartitionOffset): Promise<void> {
    return this.#calls.during(() => seekTo(this.raw, place));
  }

  commit(offsets: readonly TopicPartitionOffset[], timeoutMs?: number): Promise<void> {
    return this.#offsets.commit(offsets, timeoutMs);
  }

  hasCommitted(offsets: readonly TopicPartitionOffset[]): Promise<boolean> {
    return this.#offsets.haveCommitted(offsets);
  }

  forgotten(offsets: readonly TopicPartitionOffset[], timeoutMs: number) {
    return this.#offsets.forgotten(offsets, timeoutMs);
  }

  doubt(partition: TopicPartition): void {
    this.#changes.doubt(partition);
  }

  missingTopics(): Promise<readonly string[]> {
    return missingOf(this.raw, namesOnly(this.#options.topics));
  }

  logEnd(partition: TopicPartition): number {
    if (this.#isBeingFreed) return -1;
    try {
      return this.raw.getWatermarkOffsets(partition.topic, partition.partition).highOffset;
    } catch {
      return -1; // nothing fetched yet
    }
  }

  async disconnect(): Promise<void> {
    const closing = `Closing consumer ${this.index}`;
    const callsAreOver = withDeadline(this.#calls.end(), DISCONNECT_TIMEOUT_MS, closing);
    this.#starts.stop();
    this.#changes.stop();
    await Promise.all([this.#leave(), callsAreOver]);
    this.#isBeingFreed = true;
    const call = new Promise<void>((resolve) => {
      this.raw.disconnect(() => resolve());
    });
    await withDeadline(call, DISCONNECT_TIMEOUT_MS, closing);
    await this.#rebalancing;
  }

  async #leave(): Promise<void> {
    const member = {
      raw: this.raw,
      poll: () => this.poll(1),
      rebalancesPending: () => this.#rebalancesPending,
    };
    await leaveGroup(member).catch((error) => {
      this.#options.onWarning(fromRdkafka(error, 'Leaving the group'));
    });
  }

  #onRebalance(error: unknown, partitions: TopicPartition[]): void {
    const code = rdkafkaCode(error);
    const isAssignment = code === rdkafka.assignPartitions;
    if (isAssignment && this.#rebalancesPending > this.#assignmentsPending) this.#onOvertaken();
    this.#rebalancesPending++;
    if (isAssignment) this.#assignmentsPending++;
    this.#rebalancing = this.#rebalancing
      .then(() => (isAssignment ? this.#assign(partitions) : this.#revoke(partitions)))
      .catch((reason) => this.#options.listener.fatal(reason))
      .finally(() => {
        this.#rebalancesPending--;
        if (isAssignment) this.#assignmentsPending--;
      });
  }

  /**
   * Partitions come while others are still being given back: librdkafka without our patch (ADR 0016) has joined again,
   * and what we still have in flight is being read by somebody else.
   */
  #onOvertaken(): void {
    const remedy =
      'Start again; nothing was lost. To prevent it: "node node_modules/kubesentiment/scripts/rdkafka-patch.mjs".';
    const sentence = 'The group gave our partitions away before we were done.';
    this.#options.listener.fatal(new KubesentimentError('KS_MEMBER_FENCED', sentence, { remedy }));
  }

  async #assign(partitions: TopicPartition[]): Promise<void> {
    const starts = await this.#starts.of(partitions);
    await this.#unpolled(async () => this.#take(starts));
  }

  /** What is read meanwhile could not be told from what is read afterwards. */
  async #unpolled(step: () => Promise<void>): Promise<void> {
    this.#isTaking = true;
    try {
      await this.#polling;
      await step();
    } finally {
      this.#isTaking = false;
    }
  }

  #take(partitions: readonly AssignedPartition[]): void {
    this.#cooperative = this.raw.rebalanceProtocol() === 'COOPERATIVE';
    this.#fatalReason.assigned();
    this.#changes.assigned(partitions);
    this.#options.listener.assigned(this, partitions);
    this.#answer('Taking partitions', () => {
      this.raw.resume([...partitions]); // librdkafka remembers that one was paused, also when it has been away
      if (this.#cooperative) this.raw.incrementalAssign(partitions.map(placeOf));
      else this.raw.assign(partitions.map(placeOf));
      this.pause(partitions.filter((place) => this.#options.pauses?.has(place)));
    });
  }

  async #revoke(partitions: TopicPartition[]): Promise<void> {
    await this.#options.listener.revoked(this, partitions, false);
    this.#changes.revoked(partitions);
    this.#answer('Giving partitions back', () => {
      if (this.#cooperative) this.raw.incrementalUnassign(partitions);
      else this.raw.unassign();
    });
  }

  /** A consumer that is closing has its own answer to a rebalance, and refuses ours as an erroneous state. */
  #answer(doing: string, call: () => void): void {
    try {
      call();
    } catch (error) {
      if (!this.#calls.isClosing) throw fromRdkafka(error, doing);
    }
  }

  #onError(error: unknown): void {
    const code = rdkafkaCode(error);
    const batch = unreadableBatch(error);
    const known = this.#refusals.add(error) ?? fromRdkafka(error, `Consumer ${this.index}`);
    if (batch !== undefined) this.#options.listener.unreadable(this, batch);
    else if (this.#calls.isClosing) this.#options.onWarning(known);
    else if (code === rdkafka.fatal) void this.#onFatal();
    else if (known.code === 'KS_NOT_AUTHORIZED') this.#options.listener.fatal(known);
    else this.#options.onWarning(known);
  }

  async #onFatal(): Promise<void> {
    const isGivingBack = this.#rebalancesPending > this.#assignmentsPending;
    this.#options.listener.fatal(await this.#fatalReason.explain(`consumer ${this.index}`, isGivingBack));
  }
}
