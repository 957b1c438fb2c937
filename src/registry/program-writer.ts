import type { SchemaProgram } from '../decode/binding.ts';

/** As `Operation` in native/schema_program.h, which says what the operands are. */
const operations = [
  'null',
  'boolean',
  'integer',
  'long',
  'float',
  'double',
  'bytes',
  'string',
  'fixed',
  'decimal',
  'timestamp',
  'enumeration',
  'record',
  'array',
  'map',
  'choice',
  'types',
  'message',
  'list',
  'pairs',
  'instant',
  'varint',
  'fixedWidth',
  'named',
  'field',
] as const;
export type OperationName = (typeof operations)[number];

/** A program of this many words belongs to a schema that nobody has written by hand. */
const WORDS_MAX = 1_000_000;

/** A schema, or a part of it, that cannot be read: the message says why. */
export class UnreadableSchema extends Error {}

/** Writes the nodes of a program. A node is known by its place. */
export class ProgramWriter {
  readonly #words: number[] = [];
  readonly #strings: string[] = [];
  readonly #known = new Map<string, number>();

  /** Room for a node, whose operands come later, since they may lead back to it. */
  reserve(operands: number): number {
    const place = this.#words.length;
    if (place + operands >= WORDS_MAX) throw new UnreadableSchema('It is too large.');
    for (let i = 0; i <= operands; i++) this.#words.push(0);
    return place;
  }

  set(place: number, name: OperationName, operands: readonly number[]): void {
    this.#words[place] = operations.indexOf(name);
    for (const [i, operand] of operands.entries()) this.#words[place + 1 + i] = operand;
  }

  node(name: OperationName, ...operands: number[]): number {
    const place = this.reserve(operands.length);
    this.set(place, name, operands);
    return place;
  }

  string(text: string): number {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const place = this.#strings.push(text) - 1;
    this.#known.set(text, place);
    return place;
  }

  /** The place of the first; the others follow it. */
  strings(texts: readonly string[]): number {
    return this.#strings.push(...texts) - texts.length;
  }

  program(format: SchemaProgram['format']): SchemaProgram {
    return { format, refusal: 0, code: Int32Array.from(this.#words), strings: this.#strings };
  }
}

/** Two operands, the low word first. */
export function maskOperands(fields: bigint): [low: number, high: number] {
  return [Number(BigInt.asIntN(32, fields)), Number(BigInt.asIntN(32, fields >> 32n))];
}
