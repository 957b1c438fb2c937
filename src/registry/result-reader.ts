import { KubesentimentError } from '../errors.ts';
import { AvroSchemas } from './avro-schema.ts';
import { readAvro } from './avro-value.ts';
import { protobufTypes } from './protobuf-schema.ts';
import { type ResultSchemaConfig, subjectOf, unreachable } from './register-results.ts';
import { accessOf, RegistryError } from './registry-connection.ts';
import { Subjects, type SubjectVersion } from './subjects.ts';

/** What a value says, as if it were JSON. Throws if it cannot be read. */
export type ValueReader = (value: Buffer | null) => unknown;

const FRAME_BYTES = 5;

export function readJson(value: Buffer | null): unknown {
  return JSON.parse(String(value));
}

/**
 * For tools that read results: with the schemas that the subjects of these topics have, also earlier ones. Shares
 * nothing with what writes results. Values without a frame are JSON: from before a change of `result.format`.
 * KS_REGISTRY_UNREACHABLE; the reader throws KS_USAGE for a schema that the subjects do not have.
 */
export async function resultReader(
  config: ResultSchemaConfig,
  topics: readonly string[],
): Promise<ValueReader> {
  const access = accessOf(config);
  if (config.result.format === 'json' || access === undefined) return readJson;
  const readers = new Map<number, ValueReader>();
  try {
    const subjects = new Subjects(access);
    for (const topic of topics)
      for (const version of await subjects.versions(subjectOf(topic)))
        readers.set(version.id, await readerOf(version));
  } catch (error) {
    throw error instanceof RegistryError ? unreachable(access.url, error) : error;
  }
  return (value) => {
    if (value === null || value[0] !== 0 || value.length < FRAME_BYTES) return readJson(value);
    const read = readers.get(value.readUInt32BE(1));
    if (read === undefined) throw unknownSchema(value.readUInt32BE(1), topics);
    return read(value.subarray(FRAME_BYTES));
  };
}

/** Nothing could be said of such results, and what nobody can read must not count as lost. */
function unknownSchema(id: number, topics: readonly string[]): KubesentimentError {
  const subjects = topics.map((topic) => `"${subjectOf(topic)}"`).join(', ');
  return new KubesentimentError(
    'KS_USAGE',
    `There are results with schema ${id}, which ${subjects} does not have.`,
    {
      remedy: 'Give the schema_registry.url that they were written with.',
    },
  );
}

async function readerOf({ type, text }: SubjectVersion): Promise<ValueReader> {
  if (type === 'JSON') return readJson;
  if (type === 'AVRO') {
    const avro = new AvroSchemas().read(text);
    return (value) => readAvro(avro, value as Buffer);
  }
  const types = await protobufTypes({ type, text, references: [] });
  const [first] = types;
  return (value) => {
    if (first === undefined || value?.[0] !== 0)
      throw new RangeError('It is not the first message of its file.');
    return first[1].toObject(first[1].decode(value.subarray(1)), { longs: Number, defaults: true });
  };
}
