import { KubesentimentError } from '../errors.ts';

/** Offsets from the first one up to, but without, the second. */
type Range = readonly [from: number, to: number];

/** What a group has committed. */
interface Committed {
  readonly offset: number;
  readonly metadata?: string | undefined;
}

const TEXT = /^left=\d{1,15}-\d{1,15}(?:,\d{1,15}-\d{1,15})*$/;
/** Brokers take texts of 4,096 bytes by default. */
const RANGES_MAX = 100;

/**
 * Which offsets of a partition have been replayed: all before `next`, except for ranges that were left out, because a
 * replay began later (`--since`). The group commits `next`, and with it a text that names the ranges.
 */
export class Replayed {
  readonly next: number;
  readonly #left: readonly Range[];

  private constructor(next: number, left: readonly Range[]) {
    this.next = next;
    this.#left = left;
  }

  /** A text that is not ours says nothing. */
  static read(committed: Committed | undefined): Replayed {
    const { offset = 0, metadata = '' } = committed ?? {};
    const ranges = TEXT.test(metadata) ? metadata.slice('left='.length).split(',') : [];
    return new Replayed(
      offset,
      ranges.map((range) => range.split('-').map(Number) as unknown as Range),
    );
  }

  has(offset: number): boolean {
    return offset < this.next && !this.#left.some(([from, to]) => offset >= from && offset < to);
  }

  /** With these offsets. KS_STATE if too many ranges would be left out. */
  with(from: number, to: number): Replayed {
    const all: readonly Range[] = from > this.next ? [...this.#left, [this.next, from]] : this.#left;
    const left = all.flatMap(([first, end]): Range[] => [
      ...(first < from ? [[first, Math.min(end, from)] as const] : []),
      ...(end > to ? [[Math.max(first, to), end] as const] : []),
    ]);
    if (left.length > RANGES_MAX) {
      throw new KubesentimentError(
        'KS_STATE',
        `Replays that began at different times have left out more than ${RANGES_MAX} ranges of dead letters.`,
        { remedy: 'Replay the older ones first, without --since.' },
      );
    }
    return new Replayed(Math.max(this.next, to), left);
  }

  /** Goes with the committed offset. */
  get text(): string | undefined {
    if (this.#left.length === 0) return undefined;
    return `left=${this.#left.map(([from, to]) => `${from}-${to}`).join(',')}`;
  }
}
