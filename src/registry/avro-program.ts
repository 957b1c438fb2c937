import type { SchemaProgram } from '../decode/binding.ts';
import { type AvroType, AvroSchemas } from './avro-schema.ts';
import { type FieldTree, indexOf, type PointerTree } from './pointer-tree.ts';
import { maskOperands, type OperationName, ProgramWriter } from './program-writer.ts';
import type { RegisteredSchema } from './registered-schema.ts';

const primitives: Readonly<Record<string, OperationName>> = {
  ...{ null: 'null', boolean: 'boolean', int: 'integer', long: 'long', float: 'float', double: 'double' },
  ...{ bytes: 'bytes', string: 'string' },
};

/** How values of an Avro schema are read, as far as the fields need it. Throws UnreadableSchema. */
export function avroProgram(schema: RegisteredSchema, fields: FieldTree): SchemaProgram {
  const schemas = new AvroSchemas();
  for (const { text } of schema.references) schemas.read(text);
  return new AvroCompiler(fields).compile(schemas.read(schema.text));
}

/**
 * A type becomes a node for each place of the pointers that it stands at, one more for where nothing of it is wanted,
 * and one for where it is a part of something that is wanted as a whole.
 */
class AvroCompiler {
  readonly #writer = new ProgramWriter();
  readonly #texts: bigint;
  readonly #root: PointerTree;
  readonly #nodes = new Map<AvroType, Map<string, number>>();
  readonly #trees = new Map<PointerTree, number>();
  readonly #emptiness = new Map<AvroType, boolean>();

  constructor({ root, texts }: FieldTree) {
    this.#root = root;
    this.#texts = texts;
  }

  compile(type: AvroType): SchemaProgram {
    this.#place(type, this.#root, false);
    return this.#writer.program(1);
  }

  /** `isWritten`: it is a part of a field that is written as JSON. */
  #place(type: AvroType, tree: PointerTree, isWritten: boolean): number {
    const place = this.#writer.reserve(5);
    const node = this.#node(type, tree, isWritten || (tree.here & ~this.#texts) !== 0n);
    this.#writer.set(place, 'field', [...maskOperands(tree.here), ...maskOperands(tree.all), node]);
    return place;
  }

  #node(type: AvroType, tree: PointerTree | undefined, isWritten: boolean): number {
    const nodes = this.#nodes.get(type) ?? new Map<string, number>();
    this.#nodes.set(type, nodes);
    const key = `${tree === undefined ? '' : this.#numberOf(tree)} ${isWritten}`;
    const known = nodes.get(key);
    if (known !== undefined) return known;
    if (tree === undefined && !isWritten && this.#isEmpty(type)) return this.#writer.node('null');
    const place = this.#writer.reserve(operandsOf(type, tree));
    nodes.set(key, place);
    const [name, operands] = this.#content(type, tree, isWritten);
    this.#writer.set(place, name, operands);
    return place;
  }

  #content(
    type: AvroType,
    tree: PointerTree | undefined,
    isWritten: boolean,
  ): [OperationName, readonly number[]] {
    const writer = this.#writer;
    const below = (inner: AvroType, name: string) => {
      const child = tree?.children.get(name);
      return child === undefined
        ? this.#node(inner, undefined, isWritten)
        : this.#place(inner, child, isWritten);
    };
    switch (type.kind) {
      case 'record': {
        const fields = type.fields.flatMap(({ name, type: inner }) => [
          writer.string(`${JSON.stringify(name)}:`),
          below(inner, name),
        ]);
        return ['record', [type.fields.length, ...fields]];
      }
      case 'array': {
        const indexes = indexesOf(tree);
        const places = indexes.flatMap((index) => [index, below(type.items, String(index))]);
        return ['array', [this.#node(type.items, undefined, isWritten), indexes.length, ...places]];
      }
      case 'map': {
        const keys = [...(tree?.children.keys() ?? [])];
        const places = keys.flatMap((key) => [writer.string(key), below(type.items, key)]);
        return ['map', [this.#node(type.items, undefined, isWritten), keys.length, ...places]];
      }
      case 'union': {
        const branches = type.branches.map((branch) => this.#node(branch, tree, isWritten));
        return ['choice', [branches.length, ...branches]];
      }
      case 'enum': {
        const symbols = type.symbols.map((symbol) => JSON.stringify(symbol));
        return ['enumeration', [symbols.length, writer.strings(symbols)]];
      }
      case 'fixed':
        return ['fixed', [type.size]];
      case 'decimal':
        return ['decimal', [type.scale, type.size]];
      case 'timestamp':
        return ['timestamp', [type.unitsPerMs]];
      default:
        return [primitives[type.kind] as OperationName, []];
    }
  }

  /** Whether its values take no bytes: then there is nothing to skip, however many of them there are. */
  #isEmpty(type: AvroType): boolean {
    const known = this.#emptiness.get(type);
    if (known !== undefined) return known;
    this.#emptiness.set(type, false); // a record that contains itself
    const isEmpty =
      type.kind === 'null' ||
      (type.kind === 'fixed' && type.size === 0) ||
      (type.kind === 'record' && type.fields.every((field) => this.#isEmpty(field.type)));
    this.#emptiness.set(type, isEmpty);
    return isEmpty;
  }

  #numberOf(tree: PointerTree): number {
    const number = this.#trees.get(tree) ?? this.#trees.size;
    this.#trees.set(tree, number);
    return number;
  }
}

function indexesOf(tree: PointerTree | undefined): number[] {
  const indexes = [...(tree?.children.keys() ?? [])].flatMap((name) => indexOf(name) ?? []);
  return indexes.sort((a, b) => a - b);
}

function operandsOf(type: AvroType, tree: PointerTree | undefined): number {
  switch (type.kind) {
    case 'record':
      return 1 + 2 * type.fields.length;
    case 'array':
      return 2 + 2 * indexesOf(tree).length;
    case 'map':
      return 2 + 2 * (tree?.children.size ?? 0);
    case 'union':
      return 1 + type.branches.length;
    case 'enum':
    case 'decimal':
      return 2;
    case 'fixed':
    case 'timestamp':
      return 1;
    default:
      return 0;
  }
}
