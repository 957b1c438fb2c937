import { readFileSync } from 'node:fs';
import { connect } from 'node:tls';
import { KubesentimentError } from '../errors.ts';
import { rdkafka, rdkafkaCode } from './codes.ts';

type Properties = Readonly<Record<string, unknown>>;

/** What a client of node-rdkafka tells while it connects. */
export interface EventSource {
  readonly globalConfig?: object;
  on?(event: 'event.error', listener: (event: { message: string }) => void): unknown;
  removeListener?(event: 'event.error', listener: (event: { message: string }) => void): unknown;
}

/** As often as this in a row is no broker that stopped in the middle of a handshake. */
const REFUSALS_MAX = 2;
/** librdkafka waits longer and longer in between, up to ten seconds: this many take about half a minute. */
const LASTING_REFUSALS = 8;
const FORGOTTEN_MS = 60_000;
const POLL_MS = 100;
const PROBE_TIMEOUT_MS = 3_000;
const handshakeEvents: ReadonlySet<string> = new Set(['ssl error', 'authentication failure']);
const refusalCodes: ReadonlySet<number> = new Set([
  rdkafka.authentication,
  rdkafka.saslAuthentication,
  rdkafka.ssl,
]);
const remedies: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: "The broker's certificate has expired.",
  CERT_NOT_YET_VALID: "The broker's certificate is not valid yet.",
  ERR_TLS_CERT_ALTNAME_INVALID: "The broker's certificate is for another host name.",
};
const UNTRUSTED = "The broker's certificate is not signed by an authority of ssl_cafile.";

/**
 * librdkafka tries a refused handshake again and again, and says only that no broker answers. This listens to what it
 * says beside that, so that a wrong password or certificate ends the attempt at once, with its reason.
 */
export class HandshakeWatch {
  /** Resolves when the broker has refused us repeatedly. */
  readonly refused: Promise<KubesentimentError>;
  readonly #client: EventSource;
  readonly #timer: NodeJS.Timeout;
  readonly #onError: (event: { message: string }) => void;
  readonly #onLog: (event: { message: string }) => void;

  constructor(client: EventSource) {
    this.#client = client;
    let reason = '';
    let refusals = 0;
    let resolve: (error: KubesentimentError) => void;
    this.refused = new Promise((done) => {
      resolve = done;
    });
    this.#onLog = ({ message }) => {
      if (/SSL|SASL|alert/.test(message)) reason = message;
    };
    this.#onError = ({ message }) => {
      const isRefusal =
        handshakeEvents.has(message) || /alert (bad certificate|certificate required)/.test(reason);
      if (isRefusal && ++refusals === REFUSALS_MAX) {
        void explain((client.globalConfig ?? {}) as Properties, message, reason).then((error) =>
          resolve(error),
        );
      }
    };
    // Until it is connected a producer hands out no events unless it is polled, and only its inner part can be.
    this.#timer = setInterval(() => {
      try {
        (client as { getClient?(): { poll?(): void } }).getClient?.().poll?.();
      } catch {
        // not started yet
      }
    }, POLL_MS);
    client.on?.('event.error', this.#onError);
    client.on?.('event.log' as never, this.#onLog);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#client.removeListener?.('event.error', this.#onError);
    this.#client.removeListener?.('event.log' as never, this.#onLog);
  }
}

/** Refusals of a client that was taken before: its password, token or certificate has been changed, or has expired. */
export class Refusals {
  #count = 0;
  #lastAt = 0;

  /**
   * undefined for what is no refusal. KS_BROKER_UNREACHABLE for one that may pass, since librdkafka connects again and
   * a token may have been late; KS_NOT_AUTHORIZED, to end with, once the broker refuses us lastingly.
   */
  add(error: unknown): KubesentimentError | undefined {
    if (!isRefusal(error)) return undefined;
    const now = performance.now();
    this.#count = now - this.#lastAt > FORGOTTEN_MS ? 1 : this.#count + 1;
    this.#lastAt = now;
    if (this.#count < LASTING_REFUSALS) {
      return new KubesentimentError(
        'KS_BROKER_UNREACHABLE',
        'The broker has refused the login or certificate it took before.',
        { cause: error },
      );
    }
    return new KubesentimentError(
      'KS_NOT_AUTHORIZED',
      'The broker refuses the login or certificate it took before.',
      {
        remedy: 'Start again with the new password or certificate; nothing that was taken is lost.',
      },
    );
  }
}

/** An event has a sentence only, what a poll throws has a code. */
function isRefusal(error: unknown): boolean {
  const { message } = (error ?? {}) as { message?: unknown };
  return handshakeEvents.has(String(message)) || refusalCodes.has(rdkafkaCode(error) ?? 0);
}

async function explain(properties: Properties, event: string, log: string): Promise<KubesentimentError> {
  const make = (sentence: string, remedy: string): KubesentimentError =>
    new KubesentimentError('KS_NOT_AUTHORIZED', sentence, { remedy });
  if (/alert/.test(log)) {
    return make(
      'The broker does not accept our certificate.',
      'Check ssl_certfile and ssl_keyfile, and their dates.',
    );
  }
  if (event === 'ssl error') {
    const server =
      /ssl:\/\/(.+?):(\d+)\//.exec(log) ?? /^(.+?):(\d+)/.exec(String(properties['metadata.broker.list']));
    const problem =
      server && (await probe(String(server[1]), Number(server[2]), properties['ssl.ca.location']));
    return make(
      `The broker cannot be trusted. ${problem ?? UNTRUSTED}`,
      'Check ssl_cafile and the certificate of the broker.',
    );
  }
  return make(
    'The broker refuses the login.',
    'Check sasl_mechanism, the user name and the password or token.',
  );
}

/** Which of its checks a certificate does not pass: OpenSSL knows, librdkafka does not say. */
function probe(host: string, port: number, caPath: unknown): Promise<string> {
  return new Promise((resolve) => {
    let ca: Buffer | undefined;
    try {
      if (typeof caPath === 'string') ca = readFileSync(caPath);
    } catch {
      // librdkafka has told already that there is no such file
    }
    const socket = connect({
      host: host.replace(/^\[|\]$/g, ''),
      port,
      ...(ca && { ca }),
      timeout: PROBE_TIMEOUT_MS,
    });
    const done = (sentence: string): void => {
      socket.destroy();
      resolve(sentence);
    };
    socket.once('secureConnect', () => done(UNTRUSTED));
    socket.once('timeout', () => done(UNTRUSTED));
    socket.once('error', (error: NodeJS.ErrnoException) => done(remedies[error.code ?? ''] ?? UNTRUSTED));
  });
}
