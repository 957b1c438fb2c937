/** Values of the kinds that go wrong: the ends of ranges, escapes, characters of every length. */
import { Random } from '../../src/corpus/random.ts';

const strings = [
  '',
  'a',
  'text',
  '"',
  '\\',
  '\n\t\u0001',
  'é',
  '東京',
  '😀',
  '\u2028',
  '</x>',
  '{"a":1}',
  '~/',
];

export class RandomValues extends Random {
  string(): string {
    if (this.chance(0.6)) return this.pick(strings);
    const count = this.chance(0.05) ? 300 : this.between(1, 12);
    return Array.from({ length: count }, () => this.pick(strings)).join(' ');
  }

  bytes(size = this.between(0, 9)): Buffer {
    return Buffer.from(Array.from({ length: size }, () => this.between(0, 255)));
  }

  /** `bits` wide, signed. */
  integer(bits: 32 | 64): bigint {
    const max = (1n << BigInt(bits - 1)) - 1n;
    if (this.chance(0.3)) return this.pick([0n, 1n, -1n, 63n, -64n, 64n, max, -max - 1n]);
    if (this.chance(0.5)) return BigInt(this.between(-2_000, 2_000));
    return BigInt.asIntN(bits, (BigInt(this.#word()) << 32n) | BigInt(this.#word()));
  }

  /** Any bits, so not always a number. */
  double(): number {
    if (this.chance(0.4)) return this.pick([0, -0, 0.1, -1.5, 1e21, 5e-324, Number.MAX_VALUE, 2 ** 53]);
    const bits = Buffer.alloc(8);
    bits.writeUInt32LE(this.#word());
    bits.writeUInt32LE(this.#word(), 4);
    return bits.readDoubleLE();
  }

  float(): number {
    if (this.chance(0.4)) return this.pick([0, 1, -0.5, 16_777_216, 0.1, 3.4e38, 1.4e-45]);
    const bits = Buffer.alloc(4);
    bits.writeUInt32LE(this.#word());
    return bits.readFloatLE();
  }

  /** Every way to cut `count` into parts of at least one. */
  parts(count: number): number[] {
    const parts: number[] = [];
    for (let left = count; left > 0; ) {
      const part = this.chance(0.6) ? left : this.between(1, left);
      parts.push(part);
      left -= part;
    }
    return parts;
  }

  shuffled<T>(list: readonly T[]): T[] {
    const copy = [...list];
    for (let i = copy.length - 1; i > 0; i--) {
      const j = this.between(0, i);
      [copy[i], copy[j]] = [copy[j] as T, copy[i] as T];
    }
    return copy;
  }

  #word(): number {
    return this.between(0, 2 ** 32 - 1);
  }
}
