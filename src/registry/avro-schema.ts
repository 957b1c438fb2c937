import { UnreadableSchema } from './program-writer.ts';

/** A type with its names resolved; a record may contain itself. */
export type AvroType =
  | { readonly kind: 'null' | 'boolean' | 'int' | 'long' | 'float' | 'double' | 'bytes' | 'string' }
  | { readonly kind: 'timestamp'; readonly unitsPerMs: number }
  /** `size`: of a fixed; -1: of bytes. */
  | { readonly kind: 'decimal'; readonly scale: number; readonly size: number }
  | { readonly kind: 'fixed'; readonly size: number }
  | { readonly kind: 'enum'; readonly symbols: readonly string[] }
  | { readonly kind: 'array' | 'map'; readonly items: AvroType }
  | { readonly kind: 'union'; readonly branches: readonly AvroType[] }
  | AvroRecord;

export interface AvroRecord {
  readonly kind: 'record';
  readonly fields: { readonly name: string; readonly type: AvroType }[];
}

const primitives = ['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string'] as const;
type Primitive = (typeof primitives)[number];
const timestampUnits: Readonly<Record<string, number>> = {
  'timestamp-millis': 1,
  'timestamp-micros': 1_000,
  'timestamp-nanos': 1_000_000,
  'local-timestamp-millis': 1,
  'local-timestamp-micros': 1_000,
  'local-timestamp-nanos': 1_000_000,
};
const SCALE_MAX = 128;
const SIZE_MAX = 2 ** 31 - 1;
const DEPTH_MAX = 256;

/** Reads schemas that may name types of those read before. */
export class AvroSchemas {
  readonly #named = new Map<string, AvroType>();
  #depth = 0;

  /** Throws UnreadableSchema. */
  read(text: string): AvroType {
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch {
      if (/^[\w.]+$/.test(text)) return this.#type(text, ''); // a bare name, which some registries give
      throw new UnreadableSchema('It is not JSON.');
    }
    return this.#type(json, '');
  }

  #type(json: unknown, namespace: string): AvroType {
    if (typeof json === 'string') return this.#byName(json, namespace);
    if (++this.#depth > DEPTH_MAX) throw new UnreadableSchema('It is nested too deeply.');
    const type = Array.isArray(json)
      ? this.#union(json, namespace)
      : this.#complex(objectOf(json), namespace);
    this.#depth--;
    return type;
  }

  #byName(name: string, namespace: string): AvroType {
    if (isPrimitive(name)) return { kind: name };
    const type = this.#named.get(fullName(name, namespace)) ?? this.#named.get(name); // the same without a namespace
    if (type === undefined) throw new UnreadableSchema(`It does not define the type ${name}.`);
    return type;
  }

  #union(json: readonly unknown[], namespace: string): AvroType {
    const branches = json.map((branch) => this.#type(branch, namespace));
    if (branches.length === 0 || branches.some(({ kind }) => kind === 'union'))
      throw new UnreadableSchema('It has a union without branches, or one directly in another.');
    return { kind: 'union', branches };
  }

  #complex(json: Record<string, unknown>, namespace: string): AvroType {
    const { type } = json;
    if (typeof type !== 'string') return this.#type(type, namespace);
    if (isPrimitive(type)) return logical(json, type);
    if (type === 'array') return { kind: 'array', items: this.#type(json['items'], namespace) };
    if (type === 'map') return { kind: 'map', items: this.#type(json['values'], namespace) };
    if (type === 'record' || type === 'error') return this.#record(json, namespace);
    if (type === 'enum') {
      const symbols = listOf(json['symbols']).map(String);
      if (symbols.length === 0) throw new UnreadableSchema('It has an enumeration without symbols.');
      return this.#define(json, namespace, { kind: 'enum', symbols });
    }
    if (type === 'fixed') {
      const size = wholeOf(json['size'], SIZE_MAX);
      const decimal = decimalOf(json, size);
      return this.#define(json, namespace, decimal ?? { kind: 'fixed', size });
    }
    return this.#byName(type, namespace);
  }

  #record(json: Record<string, unknown>, namespace: string): AvroType {
    const record: AvroRecord = { kind: 'record', fields: [] };
    this.#define(json, namespace, record);
    const inner = namespaceOf(json, namespace);
    for (const each of listOf(json['fields'])) {
      const field = objectOf(each);
      record.fields.push({ name: String(field['name']), type: this.#type(field['type'], inner) });
    }
    return record;
  }

  #define(json: Record<string, unknown>, namespace: string, type: AvroType): AvroType {
    this.#named.set(fullName(String(json['name']), namespaceOf(json, namespace)), type);
    return type;
  }
}

function logical(json: Record<string, unknown>, kind: Primitive): AvroType {
  const unitsPerMs = timestampUnits[String(json['logicalType'])];
  if (kind === 'long' && unitsPerMs !== undefined) return { kind: 'timestamp', unitsPerMs };
  return (kind === 'bytes' ? decimalOf(json, -1) : undefined) ?? { kind };
}

/** undefined if it is none. What is not valid for a logical type is read as the type below it. */
function decimalOf(json: Record<string, unknown>, size: number): AvroType | undefined {
  const { logicalType, scale = 0 } = json;
  const isScale = typeof scale === 'number' && Number.isInteger(scale) && scale >= 0 && scale <= SCALE_MAX;
  return logicalType === 'decimal' && isScale ? { kind: 'decimal', scale, size } : undefined;
}

function namespaceOf(json: Record<string, unknown>, enclosing: string): string {
  const name = String(json['name']);
  if (name.includes('.')) return name.slice(0, name.lastIndexOf('.'));
  return typeof json['namespace'] === 'string' ? json['namespace'] : enclosing;
}

function fullName(name: string, namespace: string): string {
  return name.includes('.') || namespace === '' ? name : `${namespace}.${name}`;
}

function isPrimitive(name: string): name is Primitive {
  return (primitives as readonly string[]).includes(name);
}

function objectOf(json: unknown): Record<string, unknown> {
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw new UnreadableSchema('It has something else where a type is expected.');
  return json as Record<string, unknown>;
}

function listOf(json: unknown): readonly unknown[] {
  if (!Array.isArray(json)) throw new UnreadableSchema('It lacks a list of fields or symbols.');
  return json;
}

function wholeOf(json: unknown, max: number): number {
  if (typeof json !== 'number' || !Number.isInteger(json) || json < 0 || json > max)
    throw new UnreadableSchema('It has a fixed without a size that makes sense.');
  return json;
}
