import { readFileSync } from 'node:fs';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { KubesentimentError } from '../errors.ts';
import { checkError, requests, saslAuthenticateBody, saslHandshakeBody } from './config-request.ts';
import { type RequestKind, requestBytes } from './wire.ts';

/** How to reach a broker, as far as this connection can. */
export interface BrokerAccess {
  readonly host: string;
  readonly port: number;
  /** undefined: no TLS. */
  readonly tls:
    | {
        readonly caFile?: string | undefined;
        readonly certFile?: string | undefined;
        readonly keyFile?: string | undefined;
        readonly passphrase?: string | undefined;
        readonly checkHostname: boolean;
      }
    | undefined;
  /** undefined: no login. */
  readonly plain: { readonly username: string; readonly password: string } | undefined;
}

const TIMEOUT_MS = 5_000;
/** An answer about a few topics is some kilobytes. */
const ANSWER_BYTES_MAX = 4 * 2 ** 20;

/**
 * A connection for the requests that node-rdkafka does not have. KS_BROKER_UNREACHABLE, KS_NOT_AUTHORIZED.
 */
export class BrokerConnection {
  readonly #socket: Socket;
  #correlationId = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  static async open(access: BrokerAccess): Promise<BrokerConnection> {
    const connection = new BrokerConnection(await open(access));
    try {
      if (access.plain !== undefined) await connection.#logIn(access.plain);
      return connection;
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  /** The answer, from the first byte after the correlation id. One request at a time. */
  ask(kind: RequestKind, body: Buffer): Promise<Buffer> {
    return exchange(this.#socket, requestBytes(kind, ++this.#correlationId, body));
  }

  close(): void {
    this.#socket.destroy();
  }

  async #logIn({ username, password }: { username: string; password: string }): Promise<void> {
    checkError(await this.ask(requests.saslHandshake, saslHandshakeBody('PLAIN')));
    const token = Buffer.from(`\0${username}\0${password}`);
    checkError(await this.ask(requests.saslAuthenticate, saslAuthenticateBody(token)));
  }
}

function open({ host, port, tls }: BrokerAccess): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const read = (path: string | undefined) => (path === undefined ? undefined : readFileSync(path));
    const socket =
      tls === undefined
        ? connectTcp({ host, port })
        : connectTls({
            host,
            port,
            servername: host,
            ca: read(tls.caFile),
            cert: read(tls.certFile),
            key: read(tls.keyFile),
            passphrase: tls.passphrase,
            ...(tls.checkHostname ? {} : { checkServerIdentity: () => undefined }),
          });
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error('no answer')));
    socket.once('error', (cause) => reject(unreachable(host, port, cause)));
    socket.once(tls === undefined ? 'connect' : 'secureConnect', () => resolve(socket));
  });
}

/** Sends a request and resolves with the body of the answer. */
function exchange(socket: Socket, request: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let bytes = Buffer.alloc(0);
    const fail = (reason: unknown): void =>
      reject(unreachable(socket.remoteAddress ?? '', socket.remotePort ?? 0, reason));
    socket.removeAllListeners('data').removeAllListeners('error').removeAllListeners('close');
    socket.on('error', fail);
    socket.on('close', () => fail('closed'));
    socket.on('data', (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      if (bytes.length < 4) return;
      const length = bytes.readInt32BE(0);
      if (length < 4 || length > ANSWER_BYTES_MAX) fail('not an answer of Kafka');
      else if (bytes.length >= 4 + length) resolve(bytes.subarray(8, 4 + length));
    });
    socket.write(request);
  });
}

function unreachable(host: string, port: number, cause: unknown): KubesentimentError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new KubesentimentError(
    'KS_BROKER_UNREACHABLE',
    `${host}:${port} cannot be asked directly: ${reason}.`,
    { cause },
  );
}
