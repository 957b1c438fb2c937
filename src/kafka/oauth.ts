import { KubesentimentError } from '../errors.ts';

/** What is needed to ask for a token, as config/librdkafka.ts puts it into `sasl.oauthbearer.config`. */
interface Grant {
  readonly url: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly scope?: string | undefined;
}

type Properties = Readonly<Record<string, unknown>>;

/** What a client of node-rdkafka has for this. */
export interface OauthClient {
  readonly globalConfig?: object;
  setOauthBearerToken?(token: string): unknown;
  once?(event: 'disconnected', listener: () => void): unknown;
}

const ANSWER_TIMEOUT_MS = 10_000;
const ANSWER_BYTES_MAX = 256 * 1024;
const LIFETIME_DEFAULT_S = 300;
/** A token is replaced when this part of its life is over. */
const RENEW_SHARE = 0.8;
const RENEW_MS_MIN = 1_000;
const RETRY_MS = 5_000;

/**
 * Gives the client a token of the token endpoint, and a new one before the old one ends, until it disconnects.
 * librdkafka would do this itself if it was built with libcurl, which it is not everywhere; it needs only the token.
 * Does nothing for other logins. KS_NOT_AUTHORIZED, KS_BROKER_UNREACHABLE.
 */
export async function provideToken(
  client: OauthClient,
  onWarning: (error: KubesentimentError) => void,
): Promise<void> {
  const grant = grantOf((client.globalConfig as Properties | undefined)?.['sasl.oauthbearer.config']);
  if (grant === undefined || client.setOauthBearerToken === undefined) return;
  let timer: NodeJS.Timeout | undefined;
  const renew = async (): Promise<number> => {
    const { token, lifetimeS } = await requestToken(grant);
    client.setOauthBearerToken?.(token);
    return Math.max(RENEW_MS_MIN, lifetimeS * 1_000 * RENEW_SHARE);
  };
  const plan = (waitMs: number): void => {
    timer = setTimeout(() => {
      void renew().then(plan, (error) => {
        onWarning(error as KubesentimentError);
        plan(RETRY_MS);
      });
    }, waitMs);
    timer.unref();
  };
  plan(await renew());
  client.once?.('disconnected', () => clearTimeout(timer));
}

/** A token for clients that take it when they are made; undefined for other logins. */
export async function tokenFor(properties: Properties): Promise<string | undefined> {
  const grant = grantOf(properties['sasl.oauthbearer.config']);
  return grant === undefined ? undefined : (await requestToken(grant)).token;
}

function grantOf(config: unknown): Grant | undefined {
  // Anything else is a user's own, for the unsecured tokens that librdkafka can make.
  return typeof config === 'string' && config.startsWith('{') ? (JSON.parse(config) as Grant) : undefined;
}

/** The client credentials grant (RFC 6749, 4.4). Redirects are not followed: the secret goes to this address only. */
async function requestToken(grant: Grant): Promise<{ token: string; lifetimeS: number }> {
  const credentials = `${encodeURIComponent(grant.clientId)}:${encodeURIComponent(grant.clientSecret)}`;
  const body = new URLSearchParams({ grant_type: 'client_credentials' });
  if (grant.scope !== undefined) body.set('scope', grant.scope);
  let status: number;
  let text: string;
  try {
    const response = await fetch(grant.url, {
      method: 'POST',
      headers: {
        authorization: `Basic ${Buffer.from(credentials).toString('base64')}`,
        accept: 'application/json',
      },
      body,
      redirect: 'error',
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    });
    status = response.status;
    text = await readLimited(response);
  } catch (cause) {
    throw new KubesentimentError(
      'KS_BROKER_UNREACHABLE',
      `The token endpoint does not answer (${reasonOf(cause as Error)}).`,
      {
        remedy: 'Check sasl_oauth_token_endpoint_url and its certificate.',
      },
    );
  }
  const { access_token: token, expires_in: lifetime } = parse(text);
  if (status === 200 && typeof token === 'string' && token !== '') {
    return { token, lifetimeS: typeof lifetime === 'number' && lifetime > 0 ? lifetime : LIFETIME_DEFAULT_S };
  }
  const retryable = status === 429 || status >= 500;
  throw new KubesentimentError(
    retryable ? 'KS_BROKER_UNREACHABLE' : 'KS_NOT_AUTHORIZED',
    `The token endpoint gives no token (HTTP ${status}).`,
    { remedy: 'Check sasl_oauth_client_id, sasl_oauth_client_secret and sasl_oauth_scope.' },
  );
}

/** What fetch says can quote the request; its cause is a plain network error. */
function reasonOf(error: Error): string {
  if (error.name === 'TimeoutError') return `nothing within ${ANSWER_TIMEOUT_MS / 1_000} s`;
  const { code, message } = (error.cause ?? {}) as { code?: string; message?: string };
  // https://fetch.spec.whatwg.org/#port-blocking
  if (message === 'bad port') return 'no browser and no fetch uses this port';
  return code ?? 'error';
}

async function readLimited(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > ANSWER_BYTES_MAX) throw new Error('The answer is too long.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parse(text: string): { access_token?: unknown; expires_in?: unknown } {
  try {
    return (JSON.parse(text) as object | null) ?? {};
  } catch {
    return {};
  }
}
