import {
  type Answer,
  RegistryConnection,
  type RegistryAccess,
  RegistryError,
} from './registry-connection.ts';
import type { RegisteredSchema } from './registered-schema.ts';

/** A schema without references. */
export type PlainSchema = Omit<RegisteredSchema, 'references'>;

export interface SubjectVersion extends PlainSchema {
  readonly id: number;
}

const SUBJECT_UNKNOWN = 40401;
const VERSION_UNKNOWN = 40402;
const SCHEMA_UNKNOWN = 40403;
const REASON_LENGTH_MAX = 300;
const ID_MAX = 2 ** 31 - 1;

/** What a program that writes values needs of Confluent's API. Everything throws RegistryError. */
export class Subjects {
  readonly #connection: RegistryConnection;

  constructor(access: RegistryAccess, signal?: AbortSignal) {
    this.#connection = new RegistryConnection(access, signal);
  }

  /** The id of a schema that the subject has; undefined if it does not have it. */
  async find(subject: string, schema: PlainSchema): Promise<number | undefined> {
    const answer = await this.#connection.send(pathOf(subject), bodyOf(schema));
    return isUnknown(answer) ? undefined : idOf(parsed(answer));
  }

  /** The id of the schema, which the subject has from now on. */
  async register(subject: string, schema: PlainSchema): Promise<number> {
    return idOf(parsed(await this.#connection.send(`${pathOf(subject)}/versions`, bodyOf(schema))));
  }

  /** Whether the subject would take the schema. */
  async takes(subject: string, schema: PlainSchema): Promise<boolean> {
    const path = `/compatibility${pathOf(subject)}/versions/latest`;
    const answer = await this.#connection.send(path, bodyOf(schema));
    return isUnknown(answer) || (parsed(answer) as { is_compatible?: unknown }).is_compatible === true;
  }

  /** All its schemas, also those that were marked as deleted: older values have them. */
  async versions(subject: string): Promise<SubjectVersion[]> {
    const path = `${pathOf(subject)}/versions`;
    const answer = await this.#connection.send(`${path}?deleted=true`);
    if (isUnknown(answer)) return [];
    const versions: SubjectVersion[] = [];
    for (const version of parsed(answer) as readonly number[]) {
      const found = await this.#connection.send(`${path}/${Number(version)}?deleted=true`);
      const { schema, schemaType = 'AVRO' } = parsed(found) as { schema?: string; schemaType?: string };
      versions.push({
        id: idOf(parsed(found)),
        type: schemaType as RegisteredSchema['type'],
        text: String(schema),
      });
    }
    return versions;
  }
}

function pathOf(subject: string): string {
  return `/subjects/${encodeURIComponent(subject)}`;
}

function bodyOf({ type, text }: PlainSchema): { schema: string; schemaType: string } {
  return { schema: text, schemaType: type };
}

function isUnknown({ status, body }: Answer): boolean {
  return status === 404 && [SUBJECT_UNKNOWN, VERSION_UNKNOWN, SCHEMA_UNKNOWN].includes(said(body).code);
}

function parsed({ status, body }: Answer): unknown {
  if (status === 200) {
    try {
      return JSON.parse(body);
    } catch {
      throw new RegistryError('away', 'It answers with something that is not JSON; see schema_registry.url.');
    }
  }
  const { message } = said(body);
  if (status === 401 || status === 403)
    throw new RegistryError('refused', `It refuses the user or token (status ${status}).`);
  if (status === 404)
    throw new RegistryError(
      'away',
      'There is no registry at this path (status 404); see schema_registry.url.',
    );
  // The rest of 4xx but "too slow" and "too many" is about what was sent.
  const isAboutUs = status >= 400 && status < 500 && status !== 408 && status !== 429;
  if (isAboutUs) throw new RegistryError('rejected', `It answers with status ${status}: ${message}`);
  throw new RegistryError('away', `It answers with status ${status}.`);
}

function idOf(answer: unknown): number {
  const id = (answer as { id?: unknown } | null)?.id;
  if (typeof id === 'number' && Number.isInteger(id) && id >= 0 && id <= ID_MAX) return id;
  throw new RegistryError('away', 'It answers without the id of a schema; see schema_registry.url.');
}

function said(body: string): { code: number; message: string } {
  try {
    const { error_code: code = 0, message = '' } = JSON.parse(body) as {
      error_code?: number;
      message?: string;
    };
    return { code, message: String(message).slice(0, REASON_LENGTH_MAX) };
  } catch {
    return { code: 0, message: 'without a reason.' };
  }
}
