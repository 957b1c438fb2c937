import { z } from 'zod';

export type FieldKind = 'text' | 'whole' | 'bytes' | 'ratio' | 'flag' | 'choice' | 'list' | 'map';

/** What the schema knows about a key besides type and default. Help, errors and generated files use it. */
export interface FieldFacts {
  readonly kind: FieldKind;
  /** One or more full sentences. */
  readonly help: string;
  /** The allowed values in words, for errors and tables. */
  readonly allowed: string;
  readonly unit?: string | undefined;
  /** All allowed values, if the list is closed. */
  readonly choices?: readonly string[] | undefined;
  /** Of a map whose names are fixed: what each is. All of them are needed. */
  readonly members?: Readonly<Record<string, 'text' | 'number'>> | undefined;
  /** Other spellings of the choices. */
  readonly synonyms?: Readonly<Record<string, string>> | undefined;
  /** Never printed, logged or quoted. */
  readonly secret?: boolean | undefined;
  /** Shown if there is no default. */
  readonly example?: string | undefined;
  /** Texts that are not looked up in the environment, although they begin with a dollar sign. */
  readonly literals?: readonly string[] | undefined;
  /** Describes a default that depends on the machine. */
  readonly defaultText?: string | undefined;
  /** Whether a running service takes up a new value, and how. If undefined, it needs a restart. */
  readonly whileRunning?: WhileRunning | undefined;
}

/** settings: it is looked up whenever it is needed. model: the model is loaded again with it. */
export type WhileRunning = 'settings' | 'model';

/** `allowed` of a free text. */
export const ANY_TEXT = 'any text';

/** `allowed` with its unit, if that does not say it already. */
export function withUnit({ allowed, unit, kind }: FieldFacts): string {
  return unit === undefined || kind === 'bytes' ? allowed : `${allowed} ${unit}`;
}

export const fieldFacts = z.registry<FieldFacts>();

/** Marks a key that can change while a service runs. */
export function whileRunning<T extends z.ZodType>(field: T, how: WhileRunning = 'settings'): T {
  fieldFacts.add(field, { ...(fieldFacts.get(field) as FieldFacts), whileRunning: how });
  return field;
}

export type Output<T extends z.ZodType> = z.output<T>;
export type Field = z.ZodType;

/** An object that rejects unknown keys. */
export const group = z.strictObject;

interface OptionalWholeOptions {
  readonly min: number;
  readonly max: number;
  readonly unit?: string;
  readonly defaultText: string;
  readonly example: string;
}

/** A whole number that may be left out. */
export function optionalWhole(help: string, { min, max, ...rest }: OptionalWholeOptions) {
  const allowed = `${min} to ${max}`;
  return z
    .int()
    .min(min)
    .max(max)
    .optional()
    .register(fieldFacts, { kind: 'whole', help, allowed, ...rest });
}

interface WholeOptions {
  readonly default: number | (() => number);
  readonly min: number;
  readonly max: number;
  readonly unit?: string;
  readonly defaultText?: string;
  readonly example?: string;
}

/** A whole number. */
export function whole(help: string, { default: fallback, min, max, ...rest }: WholeOptions) {
  const schema = z.int().min(min).max(max);
  const field = typeof fallback === 'function' ? schema.default(fallback) : schema.default(fallback);
  return field.register(fieldFacts, { kind: 'whole', help, allowed: `${min} to ${max}`, ...rest });
}

/** A number of bytes; people may write `256 MiB`. */
export function bytes(help: string, options: { default: number; min: number; max: number }) {
  const allowed = `${formatBytes(options.min)} to ${formatBytes(options.max)}, as a number or like 64 KiB, 8 MiB`;
  return z
    .int()
    .min(options.min)
    .max(options.max)
    .default(options.default)
    .register(fieldFacts, { kind: 'bytes', help, allowed, unit: 'bytes' });
}

/** A share, 0 to 1. */
export function ratio(help: string, fallback: number) {
  return z
    .number()
    .min(0)
    .max(1)
    .default(fallback)
    .register(fieldFacts, { kind: 'ratio', help, allowed: '0 to 1' });
}

export function flag(help: string, fallback: boolean) {
  return z.boolean().default(fallback).register(fieldFacts, { kind: 'flag', help, allowed: 'true, false' });
}

export function choice<const T extends readonly [string, ...string[]]>(
  help: string,
  choices: T,
  fallback: T[number],
  synonyms?: Readonly<Record<string, T[number]>>,
) {
  return z
    .enum(choices)
    .default(fallback as never)
    .register(fieldFacts, { kind: 'choice', help, allowed: choices.join(', '), choices, synonyms });
}

export function optionalChoice<const T extends readonly [string, ...string[]]>(
  help: string,
  choices: T,
  more: { readonly defaultText?: string } = {},
) {
  return z
    .enum(choices)
    .optional()
    .register(fieldFacts, {
      kind: 'choice',
      help,
      allowed: choices.join(', '),
      choices,
      example: choices[0],
      ...more,
    });
}

interface TextOptions {
  readonly allowed?: string;
  readonly pattern?: RegExp;
  readonly min?: number;
  readonly secret?: boolean;
  readonly example?: string;
  readonly defaultText?: string;
  readonly literals?: readonly string[];
}

export function text(help: string, { default: fallback, ...options }: TextOptions & { default: string }) {
  return textSchema(options).default(fallback).register(fieldFacts, textFacts(help, options));
}

export function optionalText(help: string, options: TextOptions) {
  return textSchema(options).optional().register(fieldFacts, textFacts(help, options));
}

/** Text, or an explicit null. */
export function nullableText(
  help: string,
  { default: fallback, ...options }: TextOptions & { default: string },
) {
  return textSchema(options).nullable().default(fallback).register(fieldFacts, textFacts(help, options));
}

interface ListOptions {
  readonly default: readonly string[];
  readonly allowed: string;
  readonly pattern?: RegExp;
  readonly choices?: readonly string[];
  /** Characters of each text. Default: 1. */
  readonly min?: number;
  readonly max?: number;
}

/** One or more different texts. */
export function list(help: string, { default: fallback, pattern, min = 1, max, ...rest }: ListOptions) {
  const item =
    rest.choices === undefined ? textSchema(pattern ? { pattern, min } : { min }) : z.enum(rest.choices);
  const items = z.array(item as z.ZodType<string>).min(1);
  return (max === undefined ? items : items.max(max))
    .refine((items) => new Set(items).size === items.length, 'contains something twice')
    .default([...fallback])
    .register(fieldFacts, { kind: 'list', help, ...rest });
}

interface OptionalListOptions {
  readonly allowed: string;
  readonly defaultText: string;
  readonly example: string;
  readonly pattern?: RegExp;
}

/** One or more different texts, or nothing. */
export function optionalList(help: string, { pattern, ...rest }: OptionalListOptions) {
  return z
    .array(textSchema(pattern ? { pattern } : {}) as z.ZodType<string>)
    .min(1)
    .refine((items) => new Set(items).size === items.length, 'contains something twice')
    .optional()
    .register(fieldFacts, { kind: 'list', help, ...rest });
}

/** Names and plain values, passed on unchanged. */
export function map(help: string, allowed: string) {
  return z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
    .default({})
    .register(fieldFacts, { kind: 'map', help, allowed });
}

/** Names, each with a text of one form. */
export function textMap(help: string, options: { allowed: string; pattern: RegExp; max: number }) {
  const { allowed, pattern, max } = options;
  return z
    .record(z.string().min(1), z.string().regex(pattern))
    .refine((entries) => Object.keys(entries).length <= max, `has more than ${max} entries`)
    .default({})
    .register(fieldFacts, { kind: 'map', help, allowed });
}

/** JSON Schema (draft 7, which editors support best) of `schema` as people write it. */
export function jsonSchemaOf(schema: z.ZodType): Record<string, unknown> {
  return z.toJSONSchema(schema, {
    io: 'input',
    target: 'draft-7',
    override: ({ zodSchema, jsonSchema }) => {
      const facts = fieldFacts.get(zodSchema as unknown as z.ZodType);
      if (facts !== undefined) describeForEditors(facts, jsonSchema);
    },
  });
}

export function formatBytes(count: number): string {
  if (count === 0) return '0';
  for (const [unit, size] of byteUnits) {
    if (count >= size && count % size === 0) return `${count / size} ${unit}`;
  }
  return `${count} bytes`;
}

export const byteUnits: readonly (readonly [unit: string, size: number])[] = [
  ['GiB', 2 ** 30],
  ['MiB', 2 ** 20],
  ['KiB', 2 ** 10],
];

function textSchema({ pattern, min }: { pattern?: RegExp; min?: number }) {
  const schema = z.string().min(min ?? 1);
  return pattern === undefined ? schema : schema.regex(pattern);
}

function textFacts(
  help: string,
  { allowed, secret, example, defaultText, literals }: TextOptions,
): FieldFacts {
  return { kind: 'text', help, allowed: allowed ?? ANY_TEXT, secret, example, defaultText, literals };
}

/** Anything but free text may also be written as `$NAME`; lists and sizes also as text in their own notation. */
function describeForEditors(facts: FieldFacts, json: Record<string, unknown>): void {
  const { default: fallback, ...type } = { ...json };
  for (const name of Object.keys(json)) delete json[name];
  json['description'] = facts.unit === undefined ? facts.help : `${facts.help} Unit: ${facts.unit}.`;
  if (facts.defaultText === undefined && fallback !== undefined) json['default'] = fallback;
  if (facts.kind === 'text' && type['pattern'] === undefined) {
    Object.assign(json, type);
    return;
  }
  if (facts.synonyms !== undefined) type['enum'] = [...(facts.choices ?? []), ...Object.keys(facts.synonyms)];
  const textPattern = facts.kind === 'bytes' ? '^\\d+ ?(KiB|MiB|GiB)?$|\\$' : '\\$';
  const asText = facts.kind === 'list' ? { type: 'string' } : { type: 'string', pattern: textPattern };
  json['anyOf'] = [type, asText];
}
