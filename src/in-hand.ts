/**
 * What the main thread is doing, in memory that the watchdog's thread can read while the main thread stands still.
 * Written for each batch, never for each message.
 */
import { markPhases, type PartitionMarks } from './stall-marks.ts';
import type { TopicPartition } from './types.ts';

/** `none`: waiting for events, or something else than these. The number is the place in this list. */
const phases = ['none', ...markPhases] as const;
export type Phase = (typeof phases)[number];

/** Messages of one partition, both ends included. */
export interface OffsetRange extends TopicPartition {
  readonly first: number;
  readonly last: number;
}

/** What the watchdog's thread is told by message, which does not need the main thread to read it. */
export type Told =
  | { readonly kind: 'topic'; readonly topic: string }
  | { readonly kind: 'marks'; readonly partition: PartitionMarks };

/** A poll rarely has more partitions; of the others it is not known that they were in hand. */
const RANGES_MAX = 256;
const RANGE_FIELDS = 4;
const HEADER_BYTES = 16;
const BUFFER_BYTES = HEADER_BYTES + RANGES_MAX * RANGE_FIELDS * Float64Array.BYTES_PER_ELEMENT;

/** Indexes into the header. */
const at = { beats: 0, isDebugged: 1, phase: 2, ranges: 3 } as const;

export class InHand {
  readonly buffer: SharedArrayBuffer;
  readonly #header: Int32Array;
  readonly #ranges: Float64Array;
  /** The number of a topic is its place here; the watchdog has the same list. */
  readonly #topics: string[] = [];
  readonly #tell: (told: Told) => void;

  constructor(tell: (told: Told) => void, buffer = new SharedArrayBuffer(BUFFER_BYTES)) {
    this.buffer = buffer;
    this.#tell = tell;
    this.#header = new Int32Array(buffer, 0, HEADER_BYTES / Int32Array.BYTES_PER_ELEMENT);
    this.#ranges = new Float64Array(buffer, HEADER_BYTES);
  }

  /** The event loop turns. */
  beat(isDebugged: boolean): void {
    Atomics.store(this.#header, at.isDebugged, isDebugged ? 1 : 0);
    Atomics.add(this.#header, at.beats, 1);
  }

  get beats(): number {
    return Atomics.load(this.#header, at.beats);
  }

  /** A debugger may stop the main thread at any time. */
  get isDebugged(): boolean {
    return Atomics.load(this.#header, at.isDebugged) === 1;
  }

  /** Until `end`, without giving way to other events in between. */
  begin(phase: Phase): void {
    Atomics.store(this.#header, at.ranges, 0);
    Atomics.store(this.#header, at.phase, phases.indexOf(phase));
  }

  /** Messages that the phase works on. */
  add({ topic, partition }: TopicPartition, first: number, last: number): void {
    const count = Atomics.load(this.#header, at.ranges);
    if (count === RANGES_MAX) return;
    this.#ranges.set([this.#numberOf(topic), partition, first, last], count * RANGE_FIELDS);
    Atomics.store(this.#header, at.ranges, count + 1);
  }

  end(): void {
    Atomics.store(this.#header, at.phase, 0);
  }

  /** What earlier processes had in hand when they were ended. */
  remember(partition: PartitionMarks): void {
    this.#tell({ kind: 'marks', partition });
  }

  get phase(): Phase {
    return phases[Atomics.load(this.#header, at.phase)] as Phase;
  }

  /** `topics`: as they were told. */
  ranges(topics: readonly string[]): OffsetRange[] {
    const count = this.phase === 'none' ? 0 : Atomics.load(this.#header, at.ranges);
    return Array.from({ length: count }, (_, i) => {
      const from = i * RANGE_FIELDS;
      const [topic = 0, partition = 0, first = 0, last = 0] = this.#ranges.subarray(
        from,
        from + RANGE_FIELDS,
      );
      return { topic: topics[topic] ?? '', partition, first, last };
    });
  }

  #numberOf(topic: string): number {
    const number = this.#topics.indexOf(topic);
    if (number >= 0) return number;
    this.#tell({ kind: 'topic', topic });
    return this.#topics.push(topic) - 1;
  }
}
