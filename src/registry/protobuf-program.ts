import type { Enum, Field, MapField, Type } from 'protobufjs';
import type { SchemaProgram } from '../decode/binding.ts';
import { type FieldTree, indexOf, type PointerTree } from './pointer-tree.ts';
import { maskOperands, ProgramWriter, UnreadableSchema } from './program-writer.ts';
import { protobufTypes } from './protobuf-schema.ts';
import type { RegisteredSchema } from './registered-schema.ts';

/** As `VarintType`, `FixedWidthType` and `FieldFlag` in native/schema_program.h. */
const varints = ['int32', 'int64', 'uint32', 'uint64', 'sint32', 'sint64', 'bool'];
const fixedWidths = ['fixed32', 'sfixed32', 'fixed64', 'sfixed64', 'float', 'double'];
const flags = { repeated: 1, emptyByDefault: 2 } as const;

const TIMESTAMP = '.google.protobuf.Timestamp';

/** How values of a Protobuf schema are read, as far as the fields need it. Throws UnreadableSchema. */
export async function protobufProgram(schema: RegisteredSchema, fields: FieldTree): Promise<SchemaProgram> {
  const types = await protobufTypes(schema);
  const compiler = new ProtobufCompiler(fields.texts);
  return compiler.compile(types, fields.root);
}

/** Only what the pointers lead to becomes nodes: everything else says by itself how long it is. */
class ProtobufCompiler {
  readonly #writer = new ProgramWriter();
  readonly #texts: bigint;

  constructor(texts: bigint) {
    this.#texts = texts;
  }

  compile(types: readonly (readonly [path: string, type: Type])[], root: PointerTree): SchemaProgram {
    const place = this.#writer.reserve(1 + 2 * types.length);
    let refusal: unknown;
    // The pointers are about one message of the file; another one may have something else there, and is left out.
    let isUseful = false;
    const readable = types.flatMap(([path, type]) => {
      try {
        const node = this.#message(type, root, true);
        isUseful ||= [...root.children.keys()].some((name) => Object.hasOwn(type.fields, name));
        return [[this.#writer.string(path), node]];
      } catch (error) {
        refusal ??= error;
        return [];
      }
    });
    if (!isUseful && refusal !== undefined) throw refusal;
    const operands = types.flatMap((_, i) => readable[i] ?? readable[0] ?? []);
    this.#writer.set(place, 'types', [types.length, ...operands]);
    return this.#writer.program(2);
  }

  #message(type: Type, tree: PointerTree, isRoot = false): number {
    if (isRoot && this.#isWritten(tree)) throw cannotCopy('The whole value');
    const wanted = [...tree.children].flatMap(([name, child]) => {
      const field = Object.hasOwn(type.fields, name) ? type.fields[name] : undefined;
      return field === undefined ? [] : [{ field, child }];
    });
    const isWanted = new Set(wanted.map(({ field }) => field));
    // Whichever member of a oneof comes last takes the place of the others, also if nobody wants it.
    const others = wanted
      .flatMap(({ field }) => field.partOf?.fieldsArray ?? [])
      .filter((field) => !isWanted.has(field));
    const entries = [
      ...wanted.map(({ field, child }) => this.#entry(field, child, this.#replaced(field, tree))),
      ...[...new Set(others)].map((field) => this.#entry(field, undefined, this.#replaced(field, tree))),
    ];
    return this.#writer.node('message', entries.length, ...entries.flat());
  }

  /** What does not count any more when the field comes. */
  #replaced(field: Field, tree: PointerTree): bigint {
    const members = field.partOf?.fieldsArray ?? [];
    return members.reduce((all, { name }) => all | (tree.children.get(name)?.all ?? 0n), 0n);
  }

  /** Number, flags and node of a field. */
  #entry(field: Field, tree: PointerTree | undefined, replaced: bigint): number[] {
    if (tree === undefined) return [field.id, 0, this.#place(0n, replaced, this.#value(field, undefined))];
    if (field.repeated || field.map) {
      if (this.#isWritten(tree)) throw cannotCopy(field.name);
      const node = field.map ? this.#pairs(field, tree) : this.#list(field, tree);
      return [field.id, flags.repeated, node];
    }
    const isEmpty = field.type === 'string' && !field.hasPresence && (tree.here & this.#texts) !== 0n;
    return [field.id, isEmpty ? flags.emptyByDefault : 0, this.#singular(field, tree, replaced)];
  }

  /** A message that comes twice is merged, so what was found in it stays. */
  #singular(field: Field, tree: PointerTree, replaced: bigint): number {
    const isMerged = isMessage(field) && field.resolvedType?.fullName !== TIMESTAMP;
    const forgotten = isMerged ? replaced & ~tree.all : replaced | tree.all;
    return this.#place(tree.here, forgotten, this.#value(field, tree));
  }

  #list(field: Field, tree: PointerTree): number {
    const indexes = [...tree.children].flatMap(([name, child]) => {
      const index = indexOf(name);
      return index === undefined ? [] : [{ index, child }];
    });
    indexes.sort((a, b) => a.index - b.index);
    const places = indexes.flatMap(({ index, child }) => [index, this.#singular(field, child, 0n)]);
    const below = indexes.reduce((all, { child }) => all | child.all, 0n);
    const item = this.#value(field, undefined);
    return this.#writer.node('list', item, ...maskOperands(below), indexes.length, ...places);
  }

  #pairs(field: Field, tree: PointerTree): number {
    const { keyType } = field as unknown as MapField; // protobufjs says so with `map`
    if (keyType !== 'string' && !varints.includes(keyType))
      throw new UnreadableSchema(`The keys of ${field.name} are of a type that no pointer can name.`);
    const places = [...tree.children].flatMap(([key, child]) => [
      this.#writer.string(key),
      this.#place(child.here, child.all, this.#value(field, child)),
    ]);
    const key = this.#scalar(keyType);
    return this.#writer.node('pairs', key, this.#value(field, undefined), tree.children.size, ...places);
  }

  /** `tree`: undefined where nothing of the value is wanted. */
  #value(field: Field, tree: PointerTree | undefined): number {
    const { resolvedType } = field;
    if (resolvedType === null) return this.#scalar(field.type);
    if (!isMessage(field)) return this.#named(resolvedType as Enum);
    if (tree === undefined) return this.#writer.node('message', 0);
    if (this.#isWritten(tree) && resolvedType.fullName === TIMESTAMP) return this.#writer.node('instant');
    if (this.#isWritten(tree)) throw cannotCopy(field.name);
    return this.#message(resolvedType as Type, tree);
  }

  #scalar(type: string): number {
    if (type === 'string' || type === 'bytes') return this.#writer.node(type);
    const width = fixedWidths.indexOf(type);
    return width < 0
      ? this.#writer.node('varint', varints.indexOf(type))
      : this.#writer.node('fixedWidth', width);
  }

  #named({ values }: Enum): number {
    const names = Object.entries(values);
    const operands = names.flatMap(([name, number]) => [number, this.#writer.string(JSON.stringify(name))]);
    return this.#writer.node('named', names.length, ...operands);
  }

  #place(here: bigint, forgotten: bigint, node: number): number {
    return this.#writer.node('field', ...maskOperands(here), ...maskOperands(forgotten), node);
  }

  /** Whether a field stands here that is not a text, and so is written as JSON. */
  #isWritten(tree: PointerTree): boolean {
    return (tree.here & ~this.#texts) !== 0n;
  }
}

function isMessage({ resolvedType }: Field): boolean {
  return resolvedType !== null && 'fields' in resolvedType;
}

function cannotCopy(name: string): UnreadableSchema {
  return new UnreadableSchema(
    `${name} is a message, a list or a map: of Protobuf, only single values are copied.`,
  );
}
