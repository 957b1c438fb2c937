import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { DemoSchema } from './framed-document.ts';

/** As much of a Schema Registry as the requests of the demo need: schemas by their ids. */
export class DemoRegistry {
  readonly #schemas: DemoSchema[] = [];
  readonly #server: Server;

  private constructor() {
    this.#server = createServer(({ url = '' }, response) => {
      const id = /^\/schemas\/ids\/(\d+)/.exec(url)?.[1];
      const schema = this.#schemas[Number(id) - 1];
      response.writeHead(schema === undefined ? 404 : 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(schema ?? { error_code: 40403, message: 'Schema not found' }));
    });
  }

  static async start(): Promise<DemoRegistry> {
    const registry = new DemoRegistry();
    await new Promise<void>((done, fail) => {
      registry.#server.once('error', fail).listen(0, '127.0.0.1', done);
    });
    return registry;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Returns its id. */
  register(schema: DemoSchema): number {
    return this.#schemas.push(schema);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((done) => this.#server.close(() => done()));
  }
}
