/** One field of a serialized protobuf message. */
export interface ProtobufField {
  readonly number: number;
  /** Of a whole number; 0 for other kinds. */
  readonly value: number;
  /** Of a text, an embedded message or packed numbers; empty for other kinds. A view, not a copy. */
  readonly bytes: Uint8Array;
  /** The whole field with its tag. A view, not a copy. */
  readonly whole: Uint8Array;
}

const none = new Uint8Array(0);
const decoder = new TextDecoder();

/** The fields of a message in the order of the file. Throws an Error if it is not one. */
export function* fieldsOf(message: Uint8Array): Generator<ProtobufField> {
  const at = { position: 0 };
  while (at.position < message.length) {
    const start = at.position;
    const tag = readVarint(message, at);
    const number = Math.floor(tag / 8);
    let value = 0;
    let bytes: Uint8Array = none;
    if (tag % 8 === 0) value = readVarint(message, at);
    else if (tag % 8 === 2) bytes = take(message, at, readVarint(message, at));
    else if (tag % 8 === 1) take(message, at, 8);
    else if (tag % 8 === 5) take(message, at, 4);
    else throw new Error('not a protobuf message');
    if (number === 0) throw new Error('not a protobuf message');
    yield { number, value, bytes, whole: message.subarray(start, at.position) };
  }
}

export function textOf({ bytes }: ProtobufField): string {
  return decoder.decode(bytes);
}

/** An embedded message or a text as a field of its parent, in parts to be joined. */
export function fieldParts(number: number, parts: readonly Uint8Array[]): Uint8Array[] {
  const size = parts.reduce((sum, part) => sum + part.length, 0);
  return [varint(number * 8 + 2), varint(size), ...parts];
}

/** A whole number, 0 or more, as a field. */
export function numberField(number: number, value: number): Uint8Array {
  return Buffer.concat([varint(number * 8), varint(value)]);
}

export function textField(number: number, text: string): Uint8Array {
  return Buffer.concat(fieldParts(number, [Buffer.from(text)]));
}

function take(message: Uint8Array, at: { position: number }, size: number): Uint8Array {
  const end = at.position + size;
  if (end > message.length) throw new Error('the file ends in the middle of a field');
  const bytes = message.subarray(at.position, end);
  at.position = end;
  return bytes;
}

/** Exact up to 2^53, which is more than any tag, size or dimension. */
function readVarint(message: Uint8Array, at: { position: number }): number {
  let value = 0;
  let scale = 1;
  for (let i = 0; i < 10; i++, scale *= 128) {
    const byte = message[at.position++];
    if (byte === undefined) throw new Error('the file ends in the middle of a field');
    value += (byte & 127) * scale;
    if (byte < 128) return value;
  }
  throw new Error('not a protobuf message');
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return Uint8Array.from([...bytes, rest]);
}
