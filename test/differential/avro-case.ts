/** A random schema with some random values: what `avsc` decodes stands at every pointer. */
import avro from 'avsc';
import { AvroSchemaMaker, type AvroNode, branchName, names, writeAvro } from './avro-schemas.ts';
import { written } from './byte-writer.ts';
import { Bytes, Exact, type Expected, Float } from './expected.ts';
import type { DifferentialCase } from './run-case.ts';
import type { RandomValues } from './random-values.ts';

const VALUES = 2;

/** The library's own longs lose digits. */
const longType = avro.types.LongType.__with({
  fromBuffer: (bytes: Buffer) => bytes.readBigInt64LE(),
  toBuffer: (value: bigint) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(value);
    return bytes;
  },
  fromJSON: BigInt,
  toJSON: Number,
  isValid: (value: unknown) => typeof value === 'bigint',
  compare: (a: bigint, b: bigint) => (a < b ? -1 : a > b ? 1 : 0),
});

function exactLong(schema: avro.Schema): avro.Type | undefined {
  const isLong = schema === 'long' || (schema as { readonly type?: unknown }).type === 'long';
  return isLong ? longType : undefined;
}

export function avroCase(random: RandomValues): DifferentialCase {
  const root = new AvroSchemaMaker(random).root();
  const type = avro.Type.forSchema(root.json as avro.Schema, { wrapUnions: true, typeHook: exactLong });
  const pointer = () => pointerInto(root, random);
  return {
    schema: { type: 'AVRO', text: JSON.stringify(root.json), references: [] },
    values: Array.from({ length: VALUES }, () => {
      const payload = written((writer) => writeAvro(root, random, writer));
      return { payload, value: expectedOf(root, type.fromBuffer(payload)) };
    }),
    text: random.chance(0.5) ? [['text']] : Array.from({ length: random.between(1, 2) }, pointer),
    id: random.chance(0.5) ? ['id'] : pointer(),
    include: Array.from({ length: random.between(1, 6) }, pointer),
    defaultOf: () => undefined,
  };
}

/** Mostly to something that may be there. */
function pointerInto(root: AvroNode, random: RandomValues): string[] {
  const pointer: string[] = [];
  for (let at: AvroNode | undefined = root; at !== undefined; ) {
    while (at?.kind === 'union') at = random.pick(at.parts);
    const isOver = pointer.length > 5 || (pointer.length > 0 && random.chance(0.3));
    if (isOver || at === undefined || !['record', 'array', 'map'].includes(at.kind)) break;
    const name: string =
      at.kind === 'record' && at.names.length > 0 && random.chance(0.95)
        ? random.pick(at.names)
        : at.kind === 'array'
          ? String(random.between(0, 3))
          : random.pick([...names, '0', 'x/y', '~', '東京']);
    pointer.push(name);
    at = at.kind === 'record' ? at.parts[at.names.indexOf(name)] : at.parts[0];
  }
  return pointer.length === 0 || random.chance(0.02) ? [...pointer, 'a'] : pointer;
}

function expectedOf(node: AvroNode, value: unknown): Expected {
  switch (node.kind) {
    case 'int':
    case 'long':
      return new Exact(String(value));
    case 'timestamp':
      return new Exact(String(floor(value as bigint, node.units as bigint)));
    case 'float':
      return new Float(value as number);
    case 'bytes':
      return new Bytes(value as Buffer);
    case 'fixed':
      return new Bytes(value as Buffer, false);
    case 'decimal':
      return new Exact(decimalOf(value as Buffer, node.scale as number));
    case 'record':
      return objectOf(
        node.names.map((name, i) => [name, node.parts[i] as AvroNode]),
        value as Record<string, unknown>,
      );
    case 'array':
      return (value as unknown[]).map((item) => expectedOf(node.parts[0] as AvroNode, item));
    case 'map': {
      const members = value as Record<string, unknown>;
      return objectOf(
        Object.keys(members).map((key) => [key, node.parts[0] as AvroNode]),
        members,
      );
    }
    case 'union': {
      if (value === null) return null;
      const [[name, inner]] = Object.entries(value as object) as [[string, unknown]];
      return expectedOf(node.parts.find((each) => branchName(each) === name) as AvroNode, inner);
    }
    default:
      return value;
  }
}

function objectOf(members: readonly (readonly [string, AvroNode])[], value: Record<string, unknown>) {
  return Object.fromEntries(members.map(([name, node]) => [name, expectedOf(node, value[name])]));
}

function floor(value: bigint, by: bigint): bigint {
  return value / by - (value % by < 0n ? 1n : 0n);
}

function decimalOf(bytes: Buffer, scale: number): string {
  let number = 0n;
  for (const byte of bytes) number = (number << 8n) | BigInt(byte);
  number = BigInt.asIntN(8 * bytes.length, number);
  const digits = String(number < 0n ? -number : number).padStart(scale + 1, '0');
  const sign = number < 0n ? '-' : '';
  const whole = digits.slice(0, digits.length - scale);
  return scale === 0 ? sign + whole : `${sign}${whole}.${digits.slice(digits.length - scale)}`;
}
