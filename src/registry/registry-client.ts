import { schemaNameOf } from '../decode/schema-id.ts';
import type { RegisteredSchema } from './registered-schema.ts';
import { RegistryConnection, type RegistryAccess, RegistryError } from './registry-connection.ts';

interface Reference {
  readonly name: string;
  readonly subject: string;
  readonly version: number;
}

interface SchemaAnswer {
  readonly schema: string;
  readonly schemaType?: string;
  readonly references?: readonly Reference[] | null;
}

const IDS = '/schemas/ids/';
const GUIDS = '/schemas/guids/';
const REFERENCES_MAX = 1_000;
const types: readonly string[] = ['AVRO', 'PROTOBUF', 'JSON'];

/** The few calls of Confluent's API that a reader needs; Apicurio and Karapace have them, too. */
export class RegistryClient {
  readonly #connection: RegistryConnection;

  constructor(access: RegistryAccess) {
    this.#connection = new RegistryConnection(access);
  }

  /** `id`: what a frame or a header says; see `SchemaPort`. Throws RegistryError. */
  async fetch(id: Buffer): Promise<RegisteredSchema> {
    const answer = await this.#get(`${id[0] === 0 ? IDS : GUIDS}${schemaNameOf(id)}`);
    const type = answer.schemaType ?? 'AVRO';
    if (!types.includes(type))
      throw new RegistryError('away', `It has a schema of the unknown type ${type}.`);
    const references = new Map<string, string>();
    await this.#collect(answer.references ?? [], references, 0);
    return {
      type: type as RegisteredSchema['type'],
      text: answer.schema,
      references: [...references].map(([name, text]) => ({ name, text })),
    };
  }

  /** Depth first, so that each comes after what it refers to. */
  async #collect(references: readonly Reference[], found: Map<string, string>, depth: number): Promise<void> {
    for (const { name, subject, version } of references) {
      if (found.has(name)) continue;
      if (found.size + depth > REFERENCES_MAX)
        throw new RegistryError('away', 'A schema has too many references.');
      const answer = await this.#get(`/subjects/${encodeURIComponent(subject)}/versions/${Number(version)}`);
      await this.#collect(answer.references ?? [], found, depth + 1);
      found.set(name, answer.schema);
    }
  }

  async #get(path: string): Promise<SchemaAnswer> {
    const { status, body } = await this.#connection.send(path);
    if (status === 404 && saysUnknown(body)) throw new RegistryError('unknown', `It does not know ${path}.`);
    // Older registries have no such path at all.
    if (status === 404 && path.startsWith(GUIDS) && (await this.#connection.send('/subjects')).status === 200)
      throw new RegistryError('unknown', 'It finds no schemas by a GUID.');
    if (status === 404)
      throw new RegistryError(
        'away',
        'There is no registry at this path (status 404); see schema_registry.url.',
      );
    if (status === 401 || status === 403)
      throw new RegistryError('refused', `It refuses the user or token (status ${status}).`);
    if (status !== 200) throw new RegistryError('away', `It answers with status ${status}.`);
    try {
      const answer = JSON.parse(body) as SchemaAnswer;
      const { schema, references } = answer;
      if (typeof schema === 'string' && (!references || Array.isArray(references))) return answer;
    } catch {
      // Said below.
    }
    throw new RegistryError('away', 'It answers with something that is no schema; see schema_registry.url.');
  }
}

/** Of a subject, a version or a schema. Anything else that is not found says nothing about the schema. */
function saysUnknown(body: string): boolean {
  try {
    return [40401, 40402, 40403].includes((JSON.parse(body) as { error_code?: number }).error_code ?? 0);
  } catch {
    return false;
  }
}
