import { setTimeout as sleep } from 'node:timers/promises';
import { KubesentimentError } from '../errors.ts';
import type { ResultShape } from '../request-shape.ts';
import { accessOf, RegistryError, type RegistryConfig } from './registry-connection.ts';
import { resultSchemas } from './result-schemas.ts';
import { type PlainSchema, Subjects } from './subjects.ts';

export interface ResultSchemaConfig extends RegistryConfig {
  readonly result: Pick<ResultShape, 'format'>;
}

export interface RegisterOptions {
  /** Called once if the registry fails. */
  readonly onTrouble: (error: RegistryError) => void;
  /** How long a registry is asked that cannot answer. */
  readonly waitMs?: number;
  /** Ends the wait; what it aborts with is thrown. */
  readonly signal?: AbortSignal;
}

const WAIT_MS = 30_000;
const BACKOFF_MS = 250;
const BACKOFF_MS_MAX = 5_000;

/** The usual name of what the values of a topic have. */
export function subjectOf(topic: string): string {
  return `${topic}-value`;
}

/**
 * By topic: the id of the schema of its results, which the registry has afterwards. undefined if results have none.
 * KS_REGISTRY_UNREACHABLE, KS_SCHEMA_REFUSED.
 */
export async function registerResults(
  config: ResultSchemaConfig,
  topics: readonly string[],
  { onTrouble, waitMs = WAIT_MS, signal }: RegisterOptions,
): Promise<ReadonlyMap<string, number> | undefined> {
  const { format } = config.result;
  const access = accessOf(config);
  if (format === 'json' || access === undefined) return undefined;
  const subjects = new Subjects(access, signal);
  const ids = new Map<string, number>();
  const deadline = performance.now() + waitMs;
  let hasTrouble = false;
  for (let attempt = 0; ids.size < topics.length; ) {
    const topic = topics[ids.size] as string;
    try {
      ids.set(topic, await findOrRegister(subjects, subjectOf(topic), resultSchemas[format]));
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof RegistryError)) throw error;
      if (error.trouble !== 'away') throw refused(subjectOf(topic), error);
      if (performance.now() >= deadline) throw unreachable(access.url, error);
      if (!hasTrouble) onTrouble(error);
      hasTrouble = true;
      await sleep(Math.min(BACKOFF_MS * 2 ** attempt++, BACKOFF_MS_MAX), undefined, { signal }).catch(() =>
        signal?.throwIfAborted(),
      );
    }
  }
  return ids;
}

export interface FoundSubject {
  readonly subject: string;
  /** undefined if it does not have the schema. */
  readonly id: number | undefined;
  /** Whether it would take it. */
  readonly isTaken: boolean;
}

/** What `registerResults` would find. KS_REGISTRY_UNREACHABLE */
export async function findResults(
  config: ResultSchemaConfig,
  topics: readonly string[],
): Promise<FoundSubject[]> {
  const { format } = config.result;
  const access = accessOf(config);
  if (format === 'json' || access === undefined) return [];
  const subjects = new Subjects(access);
  const schema = resultSchemas[format];
  const found: FoundSubject[] = [];
  try {
    for (const subject of topics.map(subjectOf)) {
      const id = await subjects.find(subject, schema);
      found.push({ subject, id, isTaken: id !== undefined || (await subjects.takes(subject, schema)) });
    }
  } catch (error) {
    throw error instanceof RegistryError ? unreachable(access.url, error) : error;
  }
  return found;
}

/** Looked up first, which needs no right to write. */
async function findOrRegister(subjects: Subjects, subject: string, schema: PlainSchema): Promise<number> {
  const found = await subjects.find(subject, schema).catch((error: unknown) => {
    // Who may register need not be allowed to look.
    if (error instanceof RegistryError && error.trouble === 'refused') return undefined;
    throw error;
  });
  return found ?? subjects.register(subject, schema);
}

function refused(subject: string, cause: RegistryError): KubesentimentError {
  const sentence = `The Schema Registry does not take the schema of results for the subject "${subject}".`;
  const remedy =
    cause.trouble === 'refused'
      ? 'Grant the user the right to register schemas for this subject, or register it yourself: ' +
        'docs/result-schemas.md has it.'
      : 'If the subject has another schema that is not compatible, choose another topic for results, or delete the ' +
        'subject if nobody needs it.';
  return new KubesentimentError('KS_SCHEMA_REFUSED', `${sentence} ${cause.message}`, { remedy, cause });
}

/** Also for tools. */
export function unreachable(url: string | undefined, cause: RegistryError): KubesentimentError {
  const message = `The Schema Registry ${url} has no answer. ${cause.message}`;
  const remedy = 'Check schema_registry.url, its user and its certificate.';
  return new KubesentimentError('KS_REGISTRY_UNREACHABLE', message, { remedy, cause });
}
