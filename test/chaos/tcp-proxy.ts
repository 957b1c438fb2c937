import { createServer, type Server, type Socket, connect } from 'node:net';
import type { AddressInfo } from 'node:net';

/** What happens to the bytes: through at once, through after `delayMs`, nowhere for now, or the connection is reset. */
export type ProxyMode =
  | { readonly kind: 'pass' | 'stall' | 'cut' }
  | { readonly kind: 'slow'; readonly delayMs: number };

const STALLED_CHECK_MS = 20;

/** Both ends of what the client takes for one connection. */
export interface Connection {
  readonly client: Socket;
  readonly broker: Socket;
  /** The broker's end stays open when the client's is closed. */
  kept: boolean;
}

/** What becomes of the bytes of one connection. */
export interface Filter {
  /** From the client, for the broker. */
  up(chunk: Buffer): Buffer;
  /** From the broker, for the client. A promise holds up everything behind it. */
  down(chunk: Buffer): Buffer | Promise<Buffer>;
}

export interface TcpProxyOptions {
  /** Default: everything passes as it is. */
  readonly filter?: (connection: Connection) => Filter;
  /** Where clients find the proxy. Default: the loopback address. */
  readonly host?: string;
}

/** Stands between the members and the broker and makes the network bad on command. */
export class TcpProxy {
  readonly #server: Server;
  readonly #options: TcpProxyOptions;
  readonly #sockets = new Set<Socket>();
  #mode: ProxyMode = { kind: 'pass' };

  private constructor(server: Server, options: TcpProxyOptions) {
    this.#server = server;
    this.#options = options;
  }

  /** Forwards to `targetPort` of this machine; nobody need listen there yet. */
  static async start(targetPort: number, options: TcpProxyOptions = {}): Promise<TcpProxy> {
    const server = createServer({ noDelay: true });
    const proxy = new TcpProxy(server, options);
    server.on('connection', (client) => proxy.#accept(client, targetPort));
    await new Promise<void>((done) => server.listen(0, options.host ?? '127.0.0.1', done));
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get mode(): ProxyMode {
    return this.#mode;
  }

  set mode(mode: ProxyMode) {
    this.#mode = mode;
    if (mode.kind === 'cut') for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #accept(client: Socket, targetPort: number): void {
    if (this.#mode.kind === 'cut') {
      client.on('error', () => undefined);
      client.resetAndDestroy();
      return;
    }
    const broker = connect({ port: targetPort, host: '127.0.0.1', noDelay: true });
    const connection: Connection = { client, broker, kept: false };
    const filter = this.#options.filter?.(connection);
    this.#forward(client, broker, (chunk) => filter?.up(chunk) ?? chunk, connection);
    this.#forward(broker, client, (chunk) => filter?.down(chunk) ?? chunk, connection);
  }

  #forward(
    from: Socket,
    to: Socket,
    pass: (chunk: Buffer) => Buffer | Promise<Buffer>,
    both: Connection,
  ): void {
    this.#sockets.add(from);
    let written: Promise<void> = Promise.resolve();
    let ended = false;
    from.on('data', (chunk) => {
      const arrivedAt = performance.now();
      const passed = pass(chunk);
      written = written.then(async () => this.#deliver(to, await passed, arrivedAt));
    });
    const end = (): void => {
      if (ended) return;
      ended = true;
      this.#sockets.delete(from);
      void written.then(() => {
        if (!(both.kept && to === both.broker)) to.destroy();
      });
    };
    from.on('error', end);
    from.on('close', end);
  }

  /** One chunk after the other, each when its time has come. */
  async #deliver(to: Socket, chunk: Buffer, arrivedAt: number): Promise<void> {
    if (chunk.length === 0) return;
    while (this.#mode.kind === 'stall' && !to.destroyed) await sleep(STALLED_CHECK_MS);
    const delayMs = this.#mode.kind === 'slow' ? this.#mode.delayMs : 0;
    const waitMs = arrivedAt + delayMs - performance.now();
    if (waitMs > 1 && !to.destroyed) await sleep(waitMs);
    if (!to.destroyed) to.write(chunk);
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}
