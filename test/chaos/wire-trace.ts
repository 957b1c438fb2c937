import { createWriteStream, type WriteStream } from 'node:fs';
import type { KafkaConnection, Request, Traffic } from './kafka-connection.ts';
import { errorName, errorsIn } from './protocol.ts';

/** Notes every request of a transaction and its answer: when, from whom, which broker said what. One line for each. */
export class WireTrace implements Traffic {
  readonly #file: WriteStream;
  readonly #sentAt = new WeakMap<Request, number>();

  constructor(path: string) {
    this.#file = createWriteStream(path);
  }

  /** Holds nothing; it is asked before everybody else. */
  holds(request: Request): boolean {
    if (request.transaction !== undefined) this.#sentAt.set(request, Date.now());
    return false;
  }

  answered(request: Request, response: Buffer, { node, clientPort }: KafkaConnection): undefined {
    const { transaction, header } = request;
    const sentAt = this.#sentAt.get(request);
    if (transaction === undefined || sentAt === undefined) return;
    const { api, transactionalId, commits } = transaction;
    const errors = new Set(errorsIn(header, response).map(({ code }) => errorName(code)));
    const what = api === 'endTxn' ? (commits ? 'endTxn commit' : 'endTxn abort') : api;
    const times = `${new Date(sentAt).toISOString()} +${Date.now() - sentAt} ms`;
    const who = `${transactionalId} from port ${clientPort} to broker ${node}`;
    this.#file.write(`${times} ${who}: ${what} → ${[...errors].join(', ')}\n`);
  }

  close(): void {
    this.#file.end();
  }
}
