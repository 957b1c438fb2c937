/** A random .proto file with some random values: what `protobufjs` decodes stands at every pointer. */
import protobuf from 'protobufjs';
import { type ByteWriter, written } from './byte-writer.ts';
import { Bytes, Exact, type Expected, Float, follow } from './expected.ts';
import {
  type KeyType,
  names,
  type ProtoField,
  protoFile,
  type ProtoMessage,
  protoMessages,
  type ProtoType,
  stringKeys,
  symbols,
  writeMessage,
} from './protobuf-schemas.ts';
import type { RandomValues } from './random-values.ts';
import type { DifferentialCase } from './run-case.ts';

/** The library compiles each schema, which takes long. */
const VALUES = 32;
const MS = 1_000n;
/** Of a key of 64 bits; one that is not there is a plain 0. */
const HASH_LENGTH = 8;
const NANOS = 1_000_000;
const timestamp = protobuf.common.get('google/protobuf/timestamp.proto')?.nested ?? {};

export function protobufCase(random: RandomValues): DifferentialCase {
  const messages = protoMessages(random);
  const root = random.pick(messages.flatMap(withInner));
  const source = protoFile(messages);
  const file = protobuf.parse(source, new protobuf.Root(), { keepCase: true }).root;
  file.addJSON(timestamp);
  const type = file.lookupType(root.fullName);
  const pointer = () => pointerInto(root, random);
  const textOrId = () => {
    for (;;) {
      const found = pointer();
      if (isTellable(root, found)) return found;
    }
  };
  const places = {
    text: Array.from({ length: random.between(1, 2) }, textOrId),
    id: textOrId(),
    include: Array.from({ length: random.between(1, 6) }, pointer),
  };
  const all = [...places.text, places.id, ...places.include];
  return {
    ...places,
    mayBeRefused: !all.some(([first]) => root.fields.some(({ name }) => name === first)),
    schema: { type: 'PROTOBUF', text: source, references: [] },
    values: Array.from({ length: VALUES }, () => {
      const bytes = written((writer) => writeMessage(root, random, writer));
      const value = messageOf(root, type.decode(bytes) as unknown as Record<string, unknown>);
      return { payload: Buffer.concat([frameOf(root, random), bytes]), value };
    }),
    defaultOf: (value, at, isText) => defaultAt(root, value, at, isText),
  };
}

function withInner(message: ProtoMessage): ProtoMessage[] {
  return [message, ...message.inner.flatMap(withInner)];
}

/** The library does not tell a default that was written from a field that was not: of a text, it matters. */
function isTellable(root: ProtoMessage, pointer: readonly string[]): boolean {
  const field = fieldAt(root, pointer);
  if (field?.label !== 'implicit') return true;
  return field.type.kind === 'scalar' && field.type.name === 'string';
}

/** The indexes of the message, zigzag; of the first one, a zero will do. */
function frameOf({ path }: ProtoMessage, random: RandomValues): Buffer {
  return written((writer: ByteWriter) => {
    if (path.join() === '0' && random.chance(0.7)) return writer.byte(0);
    for (const number of [path.length, ...path]) writer.zigzag(BigInt(number));
  });
}

/** To a single value, which may be missing: nothing else is copied. */
function pointerInto(root: ProtoMessage, random: RandomValues): string[] {
  const pointer: string[] = [];
  for (let at = root; ; ) {
    const field = random.chance(0.97) ? random.pick(at.fields) : undefined;
    if (field === undefined || pointer.length > 6) return [...pointer, 'missing'];
    pointer.push(field.name);
    if (field.label === 'repeated') pointer.push(String(random.between(0, 3)));
    if (field.label === 'map') pointer.push(keyFor(field.keyType as KeyType, random));
    if (field.type.kind !== 'message') return pointer;
    at = field.type.message;
  }
}

function keyFor(type: KeyType, random: RandomValues): string {
  if (type === 'string') return random.pick([...stringKeys, ...names]);
  return type === 'bool' ? random.pick(['true', 'false']) : String(random.between(0, 3));
}

function messageOf({ fields }: ProtoMessage, value: Record<string, unknown>): Expected {
  const present = fields.filter(({ name }) => Object.hasOwn(value, name));
  return Object.fromEntries(present.map((field) => [field.name, fieldOf(field, value[field.name])]));
}

function fieldOf({ label, type, keyType }: ProtoField, value: unknown): Expected {
  if (label === 'repeated') return (value as unknown[]).map((item) => expectedOf(type, item));
  if (label !== 'map') return expectedOf(type, value);
  const entries = Object.entries(value as Record<string, unknown>);
  return Object.fromEntries(
    entries.map(([key, item]) => [
      keyType === 'int64' && key.length === HASH_LENGTH
        ? String(protobuf.util.longFromHash(key, false))
        : key,
      expectedOf(type, item),
    ]),
  );
}

function expectedOf(type: ProtoType, value: unknown): Expected {
  if (type.kind === 'message') return messageOf(type.message, value as Record<string, unknown>);
  if (type.kind === 'enum') return symbols[value as number] ?? new Exact(String(value));
  if (type.kind === 'instant') {
    const { seconds = 0, nanos = 0 } = value as { seconds?: unknown; nanos?: number };
    return new Exact(String(BigInt(String(seconds)) * MS + BigInt(Math.floor(nanos / NANOS))));
  }
  if (type.name === 'bytes') return new Bytes(Buffer.from(value as Uint8Array));
  if (type.name === 'float') return new Float(value as number);
  const isAsItIs = typeof value === 'string' || typeof value === 'boolean' || type.name === 'double';
  return isAsItIs ? value : new Exact(String(value));
}

/** Of a field without presence that is not there, though the message around it is. */
function defaultAt(
  root: ProtoMessage,
  value: Expected,
  pointer: readonly string[],
  isText: boolean,
): Expected {
  const field = fieldAt(root, pointer);
  if (field?.label !== 'implicit' || follow(value, pointer.slice(0, -1)) === undefined) return undefined;
  const { type } = field;
  if (isText) return type.kind === 'scalar' && type.name === 'string' ? '' : undefined;
  if (type.kind === 'enum') return symbols[0];
  if (type.kind !== 'scalar') return undefined;
  if (type.name === 'bool') return false;
  return type.name === 'string' || type.name === 'bytes' ? '' : new Exact('0');
}

/** undefined where none stands, and for the items of lists and maps. */
function fieldAt(root: ProtoMessage, pointer: readonly string[]): ProtoField | undefined {
  let message: ProtoMessage | undefined = root;
  let field: ProtoField | undefined;
  for (let i = 0; i < pointer.length; i++) {
    field = message?.fields.find(({ name }) => name === pointer[i]);
    if (field === undefined) return undefined;
    if (field.label === 'repeated' || field.label === 'map') i++;
    message = field.type.kind === 'message' ? field.type.message : undefined;
  }
  return field?.label === 'repeated' || field?.label === 'map' ? undefined : field;
}
