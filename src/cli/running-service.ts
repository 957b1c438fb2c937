import type { Config } from '../config/schema.ts';
import { KubesentimentError } from '../errors.ts';
import type { CommonOptions } from './common.ts';
import { loadSettings } from './settings.ts';

const TIMEOUT_MS = 10_000;
/** A reload answers after 25 s at the latest. */
export const RELOAD_TIMEOUT_MS = 35_000;
const anyAddress: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

export interface ServiceRequest {
  readonly method: 'GET' | 'POST';
  readonly token: string | undefined;
  readonly body?: object;
  readonly timeoutMs?: number;
}

/** Where the service with this configuration answers, on this machine. */
export function urlOf({ http: { host, port } }: Config): string {
  const name = anyAddress.has(host) ? '127.0.0.1' : host;
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`;
}

/** The JSON that a running service answers with. KS_STATE if it does not answer, or refuses. */
export async function askService(url: string, request: ServiceRequest): Promise<unknown> {
  const { method, token, body, timeoutMs = TIMEOUT_MS } = request;
  let response: Response;
  try {
    response = await fetch(url, {
      method,
      headers: {
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(token && { authorization: `Bearer ${token}` }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(timeoutMs),
    });
  } catch (cause) {
    throw new KubesentimentError('KS_STATE', `No service answers at ${url}.`, {
      remedy: 'Check http.host and http.port, or name its address with --url.',
      cause,
    });
  }
  const answer = (await response.json().catch(() => ({}))) as { error?: { message?: string } };
  if (response.ok) return answer;
  throw new KubesentimentError(
    'KS_STATE',
    `${url} answers with ${response.status}. ${answer.error?.message ?? ''}`.trim(),
  );
}

/** Asks the service of this configuration, or the one at `url`, for a reload. Errors as of `askService`. */
export function askForReload(
  what: 'config' | 'model',
  options: CommonOptions & { url?: string },
): Promise<unknown> {
  const { config } = loadSettings(options, process.env);
  return askService(`${options.url ?? urlOf(config)}/api/v1/${what}/reload`, {
    method: 'POST',
    token: config.http.token,
    body: {},
    timeoutMs: RELOAD_TIMEOUT_MS,
  });
}
