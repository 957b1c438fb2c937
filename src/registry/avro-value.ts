import type { AvroType } from './avro-schema.ts';

/** A list of items without bytes must not take for ever. */
const ITEMS_MAX = 100_000;

/** Decodes the value of one Avro schema to what its JSON would be. Throws RangeError where the value ends too early. */
export function readAvro(type: AvroType, value: Buffer): unknown {
  return new AvroValue(value).read(type);
}

class AvroValue {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  read(type: AvroType): unknown {
    switch (type.kind) {
      case 'null':
        return null;
      case 'boolean':
        return this.#take(1)[0] === 1;
      case 'int':
      case 'long':
        return this.#long();
      case 'timestamp':
        return this.#long() / type.unitsPerMs;
      case 'float':
        return this.#take(4).readFloatLE();
      case 'double':
        return this.#take(8).readDoubleLE();
      case 'string':
        return this.#take(this.#long()).toString();
      case 'bytes':
        return this.#take(this.#long());
      case 'fixed':
        return this.#take(type.size);
      case 'decimal':
        return this.#take(type.size < 0 ? this.#long() : type.size);
      case 'enum':
        return type.symbols[this.#long()];
      default:
        return this.#nested(type);
    }
  }

  #nested(type: Extract<AvroType, { kind: 'array' | 'map' | 'union' | 'record' }>): unknown {
    switch (type.kind) {
      case 'union': {
        const branch = type.branches[this.#long()];
        if (branch === undefined) throw new RangeError('A union has no such branch.');
        return this.read(branch);
      }
      case 'record':
        return Object.fromEntries(type.fields.map((field) => [field.name, this.read(field.type)]));
      case 'array':
        return this.#blocks(() => this.read(type.items));
      case 'map':
        return Object.fromEntries(
          this.#blocks(() => [this.#take(this.#long()).toString(), this.read(type.items)] as const),
        );
    }
  }

  #blocks<T>(item: () => T): T[] {
    const items: T[] = [];
    for (let count = this.#long(); count !== 0; count = this.#long()) {
      if (count < 0) this.#long(); // the size of the block
      for (let left = Math.abs(count); left > 0; left--) {
        if (items.length >= ITEMS_MAX) throw new RangeError('A list is too long.');
        items.push(item());
      }
    }
    return items;
  }

  #take(size: number): Buffer {
    const end = this.#at + size;
    if (size < 0 || end > this.#bytes.length) throw new RangeError('The value ends before its schema does.');
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }

  /** Exact up to 2 ** 53. */
  #long(): number {
    let bits = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#take(1)[0] as number;
      bits |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return Number(BigInt.asIntN(64, (bits >> 1n) ^ -(bits & 1n)));
    }
    throw new RangeError('A number is too long.');
  }
}
