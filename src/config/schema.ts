import { type Field, type FieldFacts, fieldFacts, group, type Output } from './schema/field.ts';
import { kafkaConsume } from './schema/kafka-consume.ts';
import { kafkaPublish } from './schema/kafka-publish.ts';
import { kafkaSecurity } from './schema/kafka-security.ts';
import { model } from './schema/model.ts';
import { encryption, http, logging, schemaRegistry, tracing } from './schema/other-sections.ts';
import { request } from './schema/request.ts';
import { result } from './schema/result.ts';

const sections = {
  kafka: { ...kafkaConsume, ...kafkaPublish, ...kafkaSecurity },
  request,
  result,
  schema_registry: schemaRegistry,
  model,
  http,
  encryption,
  logging,
  tracing,
};

/** The one description of the configuration: keys, types, limits, defaults, help. */
export const configSchema = group({
  kafka: group(sections.kafka),
  request: group(sections.request),
  result: group(sections.result),
  schema_registry: group(sections.schema_registry),
  model: group(sections.model),
  http: group(sections.http),
  encryption: group(sections.encryption),
  logging: group(sections.logging),
  tracing: group(sections.tracing),
});

export type Config = DeepReadonly<Output<typeof configSchema>>;
export type SectionName = keyof Config;
/** `section.key` */
export type KeyName = { [S in SectionName]: `${S}.${keyof Config[S] & string}` }[SectionName];

export interface KeyEntry {
  readonly name: KeyName;
  readonly section: SectionName;
  readonly key: string;
  readonly field: Field;
  readonly facts: FieldFacts;
  /** By precedence: `MLOPS_KAFKA_TOPIC` is certainly meant for us, `KAFKA_TOPIC` perhaps not. */
  readonly environmentNames: readonly [prefixed: string, plain: string];
}

/** All keys, in the order of the documentation. */
export const configKeys: ReadonlyMap<string, KeyEntry> = new Map(
  Object.entries(sections).flatMap(([section, fields]) =>
    Object.entries(fields).map(([key, field]) => {
      const entry = keyEntry(section as SectionName, key, field);
      return [entry.name, entry] as const;
    }),
  ),
);

export const sectionNames = Object.keys(sections) as readonly SectionName[];

/** The default of a key; undefined if there is none. */
export function defaultOf(entry: KeyEntry): unknown {
  return entry.field.parse(undefined);
}

function keyEntry(section: SectionName, key: string, field: Field): KeyEntry {
  const environmentName = `${section}_${key}`.toUpperCase();
  return {
    name: `${section}.${key}` as KeyName,
    section,
    key,
    field,
    facts: fieldFacts.get(field) as FieldFacts,
    environmentNames: [`MLOPS_${environmentName}`, environmentName],
  };
}

type DeepReadonly<T> = T extends readonly (infer I)[]
  ? readonly DeepReadonly<I>[]
  : T extends object
    ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
    : T;
