/** Random .proto files, and values on the wire in every way that a writer may choose. */
import type { ByteWriter } from './byte-writer.ts';
import { written } from './byte-writer.ts';
import type { RandomValues } from './random-values.ts';

export interface ProtoMessage {
  readonly name: string;
  /** With those around it. */
  readonly fullName: string;
  /** In the file: "0.2" is the third message inside the first. */
  readonly path: readonly number[];
  readonly fields: ProtoField[];
  readonly inner: ProtoMessage[];
}

export interface ProtoField {
  readonly name: string;
  readonly number: number;
  readonly label: 'implicit' | 'optional' | 'repeated' | 'oneof' | 'map';
  readonly type: ProtoType;
  readonly keyType?: KeyType;
}

export type ProtoType =
  | { readonly kind: 'scalar'; readonly name: Scalar }
  | { readonly kind: 'enum' }
  | { readonly kind: 'instant' }
  | { readonly kind: 'message'; readonly message: ProtoMessage };

const varints = ['int32', 'int64', 'uint32', 'uint64', 'sint32', 'sint64', 'bool'] as const;
const fixed = ['fixed32', 'sfixed32', 'fixed64', 'sfixed64', 'float', 'double'] as const;
const scalars = [...varints, ...fixed, 'string', 'string', 'bytes'] as const;
export type Scalar = (typeof scalars)[number];
const keyTypes = ['string', 'string', 'int32', 'uint32', 'sint32', 'bool', 'int64'] as const;
export type KeyType = (typeof keyTypes)[number];

export const symbols = ['zero', 'high', 'low'] as const;
export const names = ['text', 'id', 'a', 'b', 'c', 'd', 'e'] as const;
export const stringKeys = ['text', 'a', 'x/y', '~', '東京'] as const;
const DEPTH_MAX = 3;
/** Of fields that no schema has. */
const UNKNOWN_FROM = 100;

/** A file with some messages, of which a value may be any. */
export function protoMessages(random: RandomValues): ProtoMessage[] {
  const known: ProtoMessage[] = [];
  const create = (name: string, around: string, path: readonly number[]): ProtoMessage => {
    const message = { name, fullName: around + name, path, fields: [], inner: [] } as ProtoMessage;
    known.push(message);
    const count = path.length < DEPTH_MAX ? random.between(0, 2) : 0;
    for (let i = 0; i < count; i++) message.inner.push(create(`I${i}`, `${message.fullName}.`, [...path, i]));
    return message;
  };
  const messages = Array.from({ length: random.between(1, 2) }, (_, i) => create(`M${i}`, '', [i]));
  for (const message of known) message.fields.push(...fieldsOf(random, known));
  return messages;
}

function fieldsOf(random: RandomValues, known: readonly ProtoMessage[]): ProtoField[] {
  const used = random.shuffled(names).slice(0, random.between(1, names.length));
  return used.map((name, i) => {
    const label = random.pick(['implicit', 'implicit', 'optional', 'repeated', 'oneof', 'map'] as const);
    const isText = name === 'text' && random.chance(0.7);
    const type = isText ? ({ kind: 'scalar', name: 'string' } as const) : typeOf(random, known);
    const number = i * 5 + random.between(1, 5);
    if (label === 'map') return { name, number, label, type, keyType: random.pick(keyTypes) };
    return { name, number, label: isText && random.chance(0.6) ? 'implicit' : label, type };
  });
}

function typeOf(random: RandomValues, known: readonly ProtoMessage[]): ProtoType {
  if (random.chance(0.3)) return { kind: 'message', message: random.pick(known) };
  if (random.chance(0.1)) return { kind: 'enum' };
  if (random.chance(0.05)) return { kind: 'instant' };
  return { kind: 'scalar', name: random.pick(scalars) };
}

/** As a .proto file. */
export function protoFile(messages: readonly ProtoMessage[]): string {
  const enumeration = `enum Level { ${symbols.map((name, i) => `${name} = ${i};`).join(' ')} }`;
  const head = 'syntax = "proto3";\nimport "google/protobuf/timestamp.proto";\n';
  return `${head}${messages.map(textOfMessage).join('\n')}\n${enumeration}\n`;
}

function textOfMessage({ name, fields, inner }: ProtoMessage): string {
  const members = fields.filter(({ label }) => label === 'oneof').map(textOfField);
  return [
    `message ${name} {`,
    ...inner.map(textOfMessage),
    ...fields.filter(({ label }) => label !== 'oneof').map(textOfField),
    ...(members.length > 0 ? ['oneof choice {', ...members, '}'] : []),
    '}',
  ].join('\n');
}

function textOfField({ name, number, label, type, keyType }: ProtoField): string {
  const typeName = nameOfType(type);
  if (label === 'map') return `map<${keyType}, ${typeName}> ${name} = ${number};`;
  const before = label === 'optional' || label === 'repeated' ? `${label} ` : '';
  return `${before}${typeName} ${name} = ${number};`;
}

function nameOfType(type: ProtoType): string {
  if (type.kind === 'scalar') return type.name;
  if (type.kind === 'enum') return 'Level';
  return type.kind === 'instant' ? 'google.protobuf.Timestamp' : `.${type.message.fullName}`;
}

/** Writes a random value of a message. */
export function writeMessage(
  { fields }: ProtoMessage,
  random: RandomValues,
  writer: ByteWriter,
  depth = 0,
): void {
  const parts = fields.flatMap((field) => partsOf(field, random, depth));
  if (random.chance(0.2)) parts.push(unknownField(random, UNKNOWN_FROM + random.between(0, 5_000)));
  const other = random.chance(0.05) ? random.pick(fields) : undefined;
  // A field of another kind than the schema says is as one that is not known.
  if (other !== undefined) parts.push(unknownField(random, other.number, wireOf(other.type)));
  for (const part of random.chance(0.3) ? random.shuffled(parts) : parts) writer.raw(part);
}

/** The places where a field stands: none, one, or some. */
function partsOf(field: ProtoField, random: RandomValues, depth: number): Buffer[] {
  const { number, label, type, keyType } = field;
  // The deeper, the fewer: messages of messages would grow without end.
  const leftOut = type.kind === 'message' ? Math.max(0.3, 0.25 * depth) : 0.3;
  if (random.chance(leftOut)) return [];
  const one = () => written((writer) => writeField(number, type, random, writer, depth));
  if (label === 'map') {
    return Array.from({ length: random.between(0, 3) }, () =>
      written((writer) => {
        tag(writer, number, 2);
        writeSized(writer, (inner) => writeEntry(keyType as KeyType, type, random, inner, depth));
      }),
    );
  }
  // Two messages are merged, but two instants are not: of them the last one counts.
  if (label !== 'repeated') return random.chance(0.1) && !holdsInstant(type) ? [one(), one()] : [one()];
  const count = random.between(0, 4);
  if (wireOf(type) === 2 || random.chance(0.4)) return Array.from({ length: count }, one);
  return random.parts(count).map((part) =>
    written((writer) => {
      tag(writer, number, 2);
      writeSized(writer, (inner) => {
        for (let i = 0; i < part; i++) writeValue(type, random, inner, depth);
      });
    }),
  );
}

function holdsInstant(type: ProtoType, seen = new Set<ProtoMessage>()): boolean {
  if (type.kind !== 'message' || seen.has(type.message)) return type.kind === 'instant';
  seen.add(type.message);
  return type.message.fields.some((field) => holdsInstant(field.type, seen));
}

/** Key and value in any order; what has its default may be missing. */
function writeEntry(
  keyType: KeyType,
  type: ProtoType,
  random: RandomValues,
  writer: ByteWriter,
  depth: number,
) {
  const key = written((inner) => {
    tag(inner, 1, keyType === 'string' ? 2 : 0);
    if (keyType === 'string') return sized(inner, Buffer.from(random.pick(stringKeys)));
    writeScalar(keyType, BigInt(keyType === 'bool' ? random.between(0, 1) : random.between(0, 2)), inner);
  });
  const value = written((inner) => writeField(2, type, random, inner, depth));
  // The library takes a key of 64 bits that is not there, and one that is 0, for two.
  const hasKey = keyType === 'int64' || random.chance(0.95);
  const parts = [...(hasKey ? [key] : []), ...(random.chance(0.9) ? [value] : [])];
  for (const part of random.chance(0.2) ? parts.reverse() : parts) writer.raw(part);
}

function writeField(
  number: number,
  type: ProtoType,
  random: RandomValues,
  writer: ByteWriter,
  depth: number,
): void {
  tag(writer, number, wireOf(type));
  writeValue(type, random, writer, depth);
}

function writeValue(type: ProtoType, random: RandomValues, writer: ByteWriter, depth: number): void {
  switch (type.kind) {
    case 'message':
      writeSized(writer, (inner) => writeMessage(type.message, random, inner, depth + 1));
      break;
    case 'enum':
      writer.varint(BigInt(random.chance(0.9) ? random.between(0, 2) : random.pick([7, -1])));
      break;
    case 'instant':
      writeSized(writer, (inner) => {
        if (random.chance(0.9)) {
          tag(inner, 1, 0);
          inner.varint(BigInt(random.between(-2_000_000_000, 4_000_000_000)));
        }
        if (random.chance(0.5)) {
          tag(inner, 2, 0);
          inner.varint(BigInt(random.between(0, 999_999_999)));
        }
      });
      break;
    default:
      writeRandomScalar(type.name, random, writer);
      break;
  }
}

function writeRandomScalar(name: Scalar, random: RandomValues, writer: ByteWriter): void {
  switch (name) {
    case 'string':
      sized(writer, Buffer.from(random.string()));
      break;
    case 'bytes':
      sized(writer, random.bytes());
      break;
    case 'float':
      writer.float(random.float());
      break;
    case 'double':
      writer.double(random.double());
      break;
    case 'bool':
      writer.varint(BigInt(random.pick([0, 1, 1, 300])));
      break;
    default: {
      const value = random.integer(name.endsWith('64') ? 64 : 32);
      // Of a number of 32 bits, readers take the low ones.
      if (name.endsWith('int32') && name !== 'sint32' && random.chance(0.1))
        writer.varint(value ^ (BigInt(random.between(0, 3)) << 32n));
      else writeScalar(name, value, writer);
      break;
    }
  }
}

function writeScalar(name: Scalar, value: bigint, writer: ByteWriter): void {
  if (name === 'fixed32' || name === 'sfixed32') writer.fixed32(value);
  else if (name === 'fixed64' || name === 'sfixed64') writer.fixed64(value);
  else if (name === 'sint32' || name === 'sint64') writer.zigzag(value);
  else writer.varint(name === 'uint32' ? BigInt.asUintN(32, value) : value);
}

function unknownField(random: RandomValues, number: number, otherThan = -1): Buffer {
  const wires = [0, 1, 2, 3, 5].filter((wire) => wire !== otherThan && (otherThan < 0 || wire !== 2));
  const wire = random.pick(wires);
  return written((writer) => {
    tag(writer, number, wire);
    if (wire === 0) writer.varint(random.integer(64));
    else if (wire === 1) writer.raw(random.bytes(8));
    else if (wire === 2) sized(writer, random.bytes());
    else if (wire === 5) writer.raw(random.bytes(4));
    else {
      if (random.chance(0.5)) writer.raw(unknownField(random, random.between(1, 20)));
      tag(writer, number, 4);
    }
  });
}

export function wireOf(type: ProtoType): 0 | 1 | 2 | 5 {
  if (type.kind === 'enum') return 0;
  if (type.kind !== 'scalar') return 2;
  if ((varints as readonly string[]).includes(type.name)) return 0;
  if (type.name === 'string' || type.name === 'bytes') return 2;
  return type.name.endsWith('32') || type.name === 'float' ? 5 : 1;
}

export function tag(writer: ByteWriter, number: number, wire: number): void {
  writer.varint(BigInt(number * 8 + wire));
}

function sized(writer: ByteWriter, bytes: Uint8Array): void {
  writer.varint(BigInt(bytes.length));
  writer.raw(bytes);
}

function writeSized(writer: ByteWriter, write: (inner: ByteWriter) => void): void {
  sized(writer, written(write));
}
