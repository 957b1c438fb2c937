/** Random Avro schemas, and values in Avro's encoding in every way that a writer may choose. */
import type { ByteWriter } from './byte-writer.ts';
import { written } from './byte-writer.ts';
import type { RandomValues } from './random-values.ts';

export const names = ['text', 'id', 'a', 'b', 'c'] as const;
const keys = ['text', 'a', 'b', '0', 'x/y', '~', '東京', '"'] as const;
const DEPTH_MAX = 4;
/** A type that names itself ends here, where it can. */
const VALUE_DEPTH_MAX = 9;

export interface AvroNode {
  readonly kind: Kind;
  readonly json: unknown;
  /** Of a record: its fields; of a union: its branches; of a list or map: its items. */
  readonly parts: AvroNode[];
  /** Of fields, or symbols. */
  readonly names: readonly string[];
  /** Of a named type. */
  readonly fullName?: string;
  /** Of a fixed; of a decimal in one. */
  readonly size?: number;
  readonly scale?: number;
  /** Of a timestamp: parts of a millisecond. */
  readonly units?: bigint;
}

export type Kind =
  | ('null' | 'boolean' | 'int' | 'long' | 'float' | 'double' | 'bytes' | 'string')
  | ('fixed' | 'decimal' | 'timestamp' | 'enum' | 'record' | 'array' | 'map' | 'union');

const timestamps = [
  ...(['timestamp-millis', 'local-timestamp-millis'] as const).map((name) => [name, 1n] as const),
  ...(['timestamp-micros', 'local-timestamp-micros'] as const).map((name) => [name, 1_000n] as const),
  ...(['timestamp-nanos', 'local-timestamp-nanos'] as const).map((name) => [name, 1_000_000n] as const),
] as const;
const simple = ['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string', 'string'] as const;

/** Makes the types of one schema. */
export class AvroSchemaMaker {
  readonly #random: RandomValues;
  readonly #named: AvroNode[] = [];
  #count = 0;

  constructor(random: RandomValues) {
    this.#random = random;
  }

  root(): AvroNode {
    return this.#record(0, '');
  }

  #type(depth: number, space: string): AvroNode {
    const random = this.#random;
    if (depth >= DEPTH_MAX || random.chance(0.35)) return this.#primitive();
    switch (random.between(0, 7)) {
      case 0:
      case 1:
        return this.#record(depth, space);
      case 2:
        return this.#list('array', 'items', depth, space);
      case 3:
        return this.#list('map', 'values', depth, space);
      case 4:
        return this.#union(depth, space);
      case 5:
        return this.#logical(space);
      case 6:
        return this.#namedLeaf(space);
      default:
        return this.#reference(space) ?? this.#primitive();
    }
  }

  #primitive(): AvroNode {
    const kind = this.#random.pick(simple);
    return { kind, json: this.#random.chance(0.8) ? kind : { type: kind }, parts: [], names: [] };
  }

  #logical(space: string): AvroNode {
    const random = this.#random;
    if (random.chance(0.4)) {
      const [logicalType, units] = random.pick(timestamps);
      return { kind: 'timestamp', units, json: { type: 'long', logicalType }, parts: [], names: [] };
    }
    const scale = random.between(0, 6);
    const decimal = { logicalType: 'decimal', precision: 20, scale };
    if (random.chance(0.5))
      return { kind: 'decimal', scale, json: { type: 'bytes', ...decimal }, parts: [], names: [] };
    const size = random.between(1, 12);
    const { name, fullName, more } = this.#name(space);
    const json = { type: 'fixed', name, ...more, size, ...decimal };
    return { kind: 'decimal', scale, size, fullName, json, parts: [], names: [] };
  }

  #namedLeaf(space: string): AvroNode {
    const { name, fullName, more } = this.#name(space);
    const node: AvroNode = this.#random.chance(0.5)
      ? this.#enumeration(name, fullName, more)
      : this.#fixed(name, fullName, more);
    this.#named.push(node);
    return node;
  }

  #enumeration(name: string, fullName: string, more: object): AvroNode {
    const symbols = ['high', 'low', 'A', '_b'].slice(0, this.#random.between(1, 4));
    return {
      ...{ kind: 'enum', fullName, parts: [], names: symbols },
      json: { type: 'enum', name, ...more, symbols },
    };
  }

  #fixed(name: string, fullName: string, more: object): AvroNode {
    const size = this.#random.between(1, 8);
    return {
      ...{ kind: 'fixed', size, fullName, parts: [], names: [] },
      json: { type: 'fixed', name, ...more, size },
    };
  }

  #record(depth: number, space: string): AvroNode {
    const random = this.#random;
    const { name, fullName, more, inner } = this.#name(space);
    const fieldNames = random.shuffled(names).slice(0, random.between(depth === 0 ? 1 : 0, names.length));
    const fields: unknown[] = [];
    const parts: AvroNode[] = [];
    const json = { type: 'record', name, ...more, fields };
    const node: AvroNode = { kind: 'record', fullName, json, parts, names: fieldNames };
    this.#named.push(node); // before its fields, which may refer to it
    for (const field of fieldNames) {
      const isText = field === 'text' && random.chance(0.7);
      const part: AvroNode = isText
        ? { kind: 'string', json: 'string', parts: [], names: [] }
        : this.#type(depth + 1, inner);
      parts.push(part);
      fields.push({ name: field, type: part.json, ...(random.chance(0.1) ? { doc: 'a "field"' } : {}) });
    }
    return node;
  }

  #list(kind: 'array' | 'map', member: 'items' | 'values', depth: number, space: string): AvroNode {
    const item = this.#type(depth + 1, space);
    return { kind, json: { type: kind, [member]: item.json }, parts: [item], names: [] };
  }

  #union(depth: number, space: string): AvroNode {
    const branches = new Map<string, AvroNode>();
    for (let i = this.#random.between(1, 4); i > 0; i--) {
      const known = this.#named.length;
      const branch = this.#type(depth + 1, space);
      const isNew = branch.kind !== 'union' && !branches.has(branchName(branch));
      if (isNew) branches.set(branchName(branch), branch);
      else this.#named.length = known; // what it defines is not in the schema
    }
    if (branches.size === 0) return this.#primitive();
    const parts = [...branches.values()];
    return { kind: 'union', json: parts.map(({ json }) => json), parts, names: [] };
  }

  /** A record that is not complete can only be named where it need not come: in a union, after null. */
  #reference(space: string): AvroNode | undefined {
    if (this.#named.length === 0) return undefined;
    const node = this.#random.pick(this.#named);
    const own = spaceOf(node.fullName as string);
    if (own === '' && space !== '') return undefined; // there is no way to name it from here
    const isShort = own === space && own !== '' && this.#random.chance(0.5);
    const name = isShort ? node.fullName?.slice(space.length + 1) : node.fullName;
    const named: AvroNode = { ...node, json: name };
    if (node.kind !== 'record') return named;
    const nothing: AvroNode = { kind: 'null', json: 'null', parts: [], names: [] };
    return { kind: 'union', json: ['null', name], parts: [nothing, named], names: [] };
  }

  /** `inner`: the namespace of what stands in it. */
  #name(space: string) {
    const name = `T${this.#count++}`;
    if (this.#random.chance(0.8)) {
      const fullName = space === '' ? name : `${space}.${name}`;
      return { name, fullName, more: {}, inner: space };
    }
    const inner = this.#random.pick(['n', 'n.m', 'o']);
    if (this.#random.chance(0.5))
      return { name, fullName: `${inner}.${name}`, more: { namespace: inner }, inner };
    return { name: `${inner}.${name}`, fullName: `${inner}.${name}`, more: {}, inner };
  }
}

/** As `avsc` names the branches of unions. */
export function branchName({ kind, fullName, size }: AvroNode): string {
  if (fullName !== undefined) return fullName;
  if (kind === 'timestamp') return 'long';
  return kind === 'decimal' && size === undefined ? 'bytes' : kind;
}

/** Writes a random value. */
export function writeAvro(node: AvroNode, random: RandomValues, writer: ByteWriter, depth = 0): void {
  switch (node.kind) {
    case 'null':
      return;
    case 'boolean':
      writer.byte(random.between(0, 1));
      break;
    case 'int':
      writer.zigzag(random.integer(32));
      break;
    case 'long':
    case 'timestamp':
      writer.zigzag(random.integer(64));
      break;
    case 'float':
      writer.float(random.float());
      break;
    case 'double':
      writer.double(random.double());
      break;
    case 'string':
      writeBytes(Buffer.from(random.string()), writer);
      break;
    case 'bytes':
      writeBytes(random.chance(0.5) ? Buffer.from(random.string()) : random.bytes(), writer);
      break;
    case 'fixed':
      writer.raw(random.bytes(node.size));
      break;
    case 'decimal':
      if (node.size === undefined) writeBytes(random.bytes(), writer);
      else writer.raw(random.bytes(node.size));
      break;
    case 'enum':
      writer.zigzag(BigInt(random.between(0, node.names.length - 1)));
      break;
    case 'record':
      for (const part of node.parts) writeAvro(part, random, writer, depth + 1);
      return;
    case 'union': {
      const isDeep = depth > VALUE_DEPTH_MAX;
      const branch = isDeep ? 0 : random.between(0, node.parts.length - 1);
      writer.zigzag(BigInt(branch));
      writeAvro(node.parts[branch] as AvroNode, random, writer, depth + 1);
      break;
    }
    default:
      writeBlocks(node, random, writer, depth);
      break;
  }
}

/** In one block or in many, each with its size in front or without. */
function writeBlocks(node: AvroNode, random: RandomValues, writer: ByteWriter, depth: number): void {
  const count = depth > VALUE_DEPTH_MAX - 3 ? random.between(0, 1) : random.between(0, 4);
  for (const part of random.parts(count)) {
    const items = written((inner) => {
      for (let i = 0; i < part; i++) {
        if (node.kind === 'map') writeBytes(Buffer.from(random.pick(keys)), inner);
        writeAvro(node.parts[0] as AvroNode, random, inner, depth + 1);
      }
    });
    const isSized = random.chance(0.4);
    writer.zigzag(BigInt(isSized ? -part : part));
    if (isSized) writer.zigzag(BigInt(items.length));
    writer.raw(items);
  }
  writer.zigzag(0n);
}

function writeBytes(bytes: Buffer, writer: ByteWriter): void {
  writer.zigzag(BigInt(bytes.length));
  writer.raw(bytes);
}

function spaceOf(fullName: string): string {
  return fullName.includes('.') ? fullName.slice(0, fullName.lastIndexOf('.')) : '';
}
