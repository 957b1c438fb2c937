import type { Config } from '../config/schema.ts';
import { KubesentimentError } from '../errors.ts';

const TIMEOUT_MS = 10_000;
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
