import { createServer, type Server, type Socket, connect } from 'node:net';
import type { AddressInfo } from 'node:net';

/** What happens to the bytes: through at once, through after `delayMs`, nowhere for now, or the connection is reset. */
export type ProxyMode =
  | { readonly kind: 'pass' | 'stall' | 'cut' }
  | { readonly kind: 'slow'; readonly delayMs: number };

const STALLED_CHECK_MS = 20;

/** The answer to a request, a frame of the protocol with its length before it; undefined: the broker answers. */
export type Intercept = (request: Buffer) => Buffer | undefined;

/** Stands between the members and the broker and makes the network bad on command. */
export class TcpProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #mode: ProxyMode = { kind: 'pass' };
  /** Only whole requests are seen: what clients write at once and is small. */
  intercept: Intercept | undefined;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** Forwards to `targetPort` of this machine; nobody need listen there yet. */
  static async start(targetPort: number): Promise<TcpProxy> {
    const server = createServer({ noDelay: true });
    const proxy = new TcpProxy(server);
    server.on('connection', (client) => proxy.#accept(client, targetPort));
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
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
    this.#forward(client, broker, true);
    this.#forward(broker, client, false);
  }

  #forward(from: Socket, to: Socket, intercepts: boolean): void {
    this.#sockets.add(from);
    let written: Promise<void> = Promise.resolve();
    let ended = false;
    from.on('data', (chunk) => {
      const arrivedAt = performance.now();
      const passed = intercepts ? this.#withoutAnswered(chunk, from) : chunk;
      if (passed.length > 0) written = written.then(() => this.#deliver(to, passed, arrivedAt));
    });
    const end = (): void => {
      if (ended) return;
      ended = true;
      this.#sockets.delete(from);
      void written.then(() => to.destroy());
    };
    from.on('error', end);
    from.on('close', end);
  }

  #withoutAnswered(chunk: Buffer, client: Socket): Buffer {
    const passed: Buffer[] = [];
    for (let at = 0; at < chunk.length; ) {
      const end = this.intercept === undefined ? chunk.length : at + 4 + chunk.readInt32BE(at);
      const request = chunk.subarray(at, end);
      const answer = this.intercept?.(request);
      if (answer === undefined) passed.push(request);
      else client.write(answer);
      at = end;
    }
    return Buffer.concat(passed);
  }

  /** One chunk after the other, each when its time has come. */
  async #deliver(to: Socket, chunk: Buffer, arrivedAt: number): Promise<void> {
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
