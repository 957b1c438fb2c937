import { readFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { schemaNameOf } from '../decode/schema-id.ts';
import type { RegisteredSchema } from './registered-schema.ts';

export interface RegistryAccess {
  readonly url: string;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly token: string | undefined;
  /** PEM, in the place of the authorities that Node.js brings along. */
  readonly ssl_cafile: string | undefined;
}

/** `unknown`: the registry has no such schema. `refused`: it does not let us in. `away`: it cannot answer now. */
export type RegistryTrouble = 'unknown' | 'refused' | 'away';

/** Why there is no schema: a sentence without any secret. */
export class RegistryError extends Error {
  readonly trouble: RegistryTrouble;

  constructor(trouble: RegistryTrouble, message: string) {
    super(message);
    this.trouble = trouble;
  }
}

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
const TIMEOUT_MS = 10_000;
const ANSWER_BYTES_MAX = 16 * 1024 * 1024;
const REFERENCES_MAX = 1_000;
const types: readonly string[] = ['AVRO', 'PROTOBUF', 'JSON'];

/** The few calls of Confluent's API that a reader needs; Apicurio and Karapace have them, too. */
export class RegistryClient {
  readonly #access: RegistryAccess;

  constructor(access: RegistryAccess) {
    this.#access = access;
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
    const { status, body } = await this.#send(path);
    if (status === 404 && saysUnknown(body)) throw new RegistryError('unknown', `It does not know ${path}.`);
    // Older registries have no such path at all.
    if (status === 404 && path.startsWith(GUIDS) && (await this.#send('/subjects')).status === 200)
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

  #send(path: string): Promise<{ readonly status: number; readonly body: string }> {
    const { url } = this.#access;
    const send = url.startsWith('https:') ? httpsRequest : httpRequest;
    return new Promise((resolve, reject) => {
      const fail = (reason: string) => reject(new RegistryError('away', reason));
      const call = send(
        url.replace(/\/+$/, '') + path,
        { headers: this.#headers(), ca: this.#authorities(), signal: AbortSignal.timeout(TIMEOUT_MS) },
        (answer) => {
          const chunks: Buffer[] = [];
          let size = 0;
          answer.on('data', (chunk: Buffer) => {
            size += chunk.length;
            if (size > ANSWER_BYTES_MAX) call.destroy(new Error('the answer is too long'));
            else chunks.push(chunk);
          });
          answer.on('end', () =>
            resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(chunks).toString() }),
          );
          answer.on('error', (error) => fail(`It broke off its answer: ${error.message}.`));
        },
      );
      call.on('error', (error) => fail(`It cannot be reached: ${reasonOf(error)}.`));
      call.end();
    });
  }

  #headers(): Record<string, string> {
    const { username, password = '', token } = this.#access;
    const accept = { accept: 'application/vnd.schemaregistry.v1+json, application/json' };
    if (token !== undefined) return { ...accept, authorization: `Bearer ${token}` };
    if (username === undefined) return accept;
    const basic = Buffer.from(`${username}:${password}`).toString('base64');
    return { ...accept, authorization: `Basic ${basic}` };
  }

  /** Read each time, since certificates are renewed. */
  #authorities(): Buffer | undefined {
    const { ssl_cafile: file } = this.#access;
    if (file === undefined) return undefined;
    try {
      return readFileSync(file);
    } catch {
      throw new RegistryError('away', `The file ${file} of schema_registry.ssl_cafile cannot be read.`);
    }
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

function reasonOf(error: Error & { readonly code?: string }): string {
  if (error.name === 'TimeoutError') return `no answer within ${TIMEOUT_MS / 1_000} s`;
  return error.message === '' ? (error.code ?? 'unknown reason') : error.message;
}
