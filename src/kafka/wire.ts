/** As much of Kafka's protocol as the requests made here need: https://kafka.apache.org/protocol */

const CLIENT_ID = 'kubesentiment-doctor';

/** How a request is written: newer versions have compact strings and lists, and tagged fields. */
export interface RequestKind {
  readonly key: number;
  readonly version: number;
  readonly isCompact: boolean;
}

/** A whole request: length, header, body. */
export function requestBytes(
  { key, version, isCompact }: RequestKind,
  correlationId: number,
  body: Buffer,
): Buffer {
  const header = Buffer.concat([
    ...[int16(key), int16(version), int32(correlationId), text(CLIENT_ID)],
    ...(isCompact ? [noTags] : []),
  ]);
  return Buffer.concat([int32(header.length + body.length), header, body]);
}

/** Reads an answer from its first byte after the correlation id. */
export class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  int8(): number {
    return this.#bytes.readInt8(this.#move(1));
  }

  int16(): number {
    return this.#bytes.readInt16BE(this.#move(2));
  }

  int32(): number {
    return this.#bytes.readInt32BE(this.#move(4));
  }

  int64(): number {
    return Number(this.#bytes.readBigInt64BE(this.#move(8)));
  }

  text(): string | null {
    return this.#text(this.int16());
  }

  compactText(): string | null {
    return this.#text(this.#varint() - 1);
  }

  /** The items of a compact list, each with its tagged fields behind it. */
  compactList<T>(read: () => T): T[] {
    return Array.from({ length: Math.max(0, this.#varint() - 1) }, () => {
      const item = read();
      this.skipTags();
      return item;
    });
  }

  compactTexts(): (string | null)[] {
    return Array.from({ length: Math.max(0, this.#varint() - 1) }, () => this.compactText());
  }

  compactInt32s(): number[] {
    return Array.from({ length: Math.max(0, this.#varint() - 1) }, () => this.int32());
  }

  skipTags(): void {
    for (let count = this.#varint(); count > 0; count--) {
      this.#varint();
      this.skip(this.#varint());
    }
  }

  skip(count: number): void {
    this.#move(count);
  }

  #varint(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.#bytes.readUInt8(this.#move(1));
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    return value;
  }

  #text(length: number): string | null {
    if (length < 0) return null;
    const at = this.#move(length);
    return this.#bytes.toString('utf8', at, at + length);
  }

  #move(count: number): number {
    const at = this.#at;
    this.#at += count;
    return at;
  }
}

export function int8(value: number): Buffer {
  return Buffer.of(value & 0xff);
}

export function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

export function int64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(value));
  return bytes;
}

export function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([int16(bytes.length), bytes]);
}

export function compactText(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([varint(bytes.length + 1), bytes]);
}

export function compactList(items: readonly Buffer[]): Buffer {
  return Buffer.concat([varint(items.length + 1), ...items]);
}

/** In place of tagged fields. */
export const noTags = Buffer.of(0);

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x80) return Buffer.from([...bytes, rest]);
    bytes.push((rest & 0x7f) | 0x80);
  }
}
