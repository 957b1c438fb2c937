import { readFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';

export interface RegistryAccess {
  readonly url: string;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly token: string | undefined;
  /** PEM, in the place of the authorities that Node.js brings along. */
  readonly ssl_cafile: string | undefined;
}

export interface RegistryConfig {
  readonly schema_registry: { readonly [K in keyof RegistryAccess]?: string | undefined };
}

/** undefined if no registry is configured. */
export function accessOf(config: RegistryConfig): RegistryAccess | undefined {
  const { url, ssl_cafile } = config.schema_registry;
  if (url === undefined) return undefined;
  return {
    ...{ url, ssl_cafile },
    username: config.schema_registry.username,
    password: config.schema_registry.password,
    token: config.schema_registry.token,
  };
}

/**
 * `unknown`: the registry has no such schema. `refused`: it does not let us in. `rejected`: it does not take a schema.
 * `away`: it cannot answer now.
 */
export type RegistryTrouble = 'unknown' | 'refused' | 'rejected' | 'away';

/** Why there is no schema: a sentence without any secret. */
export class RegistryError extends Error {
  readonly trouble: RegistryTrouble;

  constructor(trouble: RegistryTrouble, message: string) {
    super(message);
    this.trouble = trouble;
  }
}

export interface Answer {
  readonly status: number;
  readonly body: string;
}

const MEDIA_TYPE = 'application/vnd.schemaregistry.v1+json';
const TIMEOUT_MS = 10_000;
const ANSWER_BYTES_MAX = 16 * 1024 * 1024;

/** Sends requests to a Schema Registry. */
export class RegistryConnection {
  readonly #access: RegistryAccess;
  readonly #signal: AbortSignal | undefined;

  /** `signal`: breaks off what has no answer yet. */
  constructor(access: RegistryAccess, signal?: AbortSignal) {
    this.#access = access;
    this.#signal = signal;
  }

  /** GET without `body`, POST with it. Throws RegistryError if there is no answer. */
  send(path: string, body?: unknown): Promise<Answer> {
    const { url } = this.#access;
    const send = url.startsWith('https:') ? httpsRequest : httpRequest;
    return new Promise((resolve, reject) => {
      const fail = (reason: string) => reject(new RegistryError('away', reason));
      const call = send(
        url.replace(/\/+$/, '') + path,
        {
          method: body === undefined ? 'GET' : 'POST',
          headers: this.#headers(),
          ca: this.#authorities(),
          signal: AbortSignal.any([AbortSignal.timeout(TIMEOUT_MS), ...(this.#signal ? [this.#signal] : [])]),
        },
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
      call.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  #headers(): Record<string, string> {
    const { username, password = '', token } = this.#access;
    const accept = { accept: `${MEDIA_TYPE}, application/json`, 'content-type': MEDIA_TYPE };
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

function reasonOf(error: Error & { readonly code?: string }): string {
  if (error.name === 'TimeoutError') return `no answer within ${TIMEOUT_MS / 1_000} s`;
  return error.message === '' ? (error.code ?? 'unknown reason') : error.message;
}
