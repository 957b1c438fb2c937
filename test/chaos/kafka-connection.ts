import {
  correlationIdOf,
  FrameSplitter,
  type RequestHeader,
  requestHeader,
  type TransactionRequest,
  transactionRequest,
} from './protocol.ts';
import type { Connection, Filter } from './tcp-proxy.ts';

/** A request, and what is known of it. */
export interface Request {
  readonly frame: Buffer;
  readonly header: RequestHeader;
  /** Undefined for requests outside of transactions. */
  readonly transaction: TransactionRequest | undefined;
}

/** The answer to a request, a frame of the protocol with its length before it; undefined: the broker answers. */
export type Intercept = (request: Buffer) => Buffer | undefined;

/** Somebody who looks at the traffic between members and brokers. */
export interface Traffic {
  readonly intercept?: Intercept | undefined;
  /** True: the broker gets it when `sendLate` is called, and the client's end is closed now. */
  holds?(request: Request, connection: KafkaConnection): boolean;
  /** Called before the client gets the answer, which may be changed in its place and waits for a promise. */
  answered?: OnAnswer | undefined;
}

export type OnAnswer = (request: Request, response: Buffer, connection: KafkaConnection) => unknown;

/** The frames of one connection between a client and a broker. */
export class KafkaConnection implements Filter {
  readonly #connection: Connection;
  readonly #traffic: readonly Traffic[];
  readonly #requests = new FrameSplitter();
  readonly #responses = new FrameSplitter();
  /** Requests without an answer that somebody may want to know of. */
  readonly #unanswered = new Map<number, Request>();
  /** What was held, and everything behind it. */
  readonly #held: Request[] = [];
  #onLateAnswer: ((response: Buffer) => void) | undefined;

  /** The port of the client. */
  readonly clientPort: number;
  /** Of the broker, from 1. */
  readonly node: number;

  constructor(connection: Connection, traffic: readonly Traffic[], node = 1) {
    this.#connection = connection;
    this.#traffic = traffic;
    this.clientPort = connection.client.remotePort ?? 0;
    this.node = node;
  }

  up(chunk: Buffer): Buffer {
    const passed: Buffer[] = [];
    for (const frame of this.#requests.push(chunk)) {
      const request = { frame, header: requestHeader(frame), transaction: transactionRequest(frame) };
      const answer = this.#intercept(frame);
      if (answer !== undefined) this.#connection.client.write(answer);
      else if (this.#held.length > 0) this.#held.push(request);
      else if (this.#traffic.some((one) => one.holds?.(request, this))) this.#hold(request);
      else {
        if (request.header.api !== undefined) this.#unanswered.set(request.header.correlationId, request);
        passed.push(frame);
      }
    }
    return passed.length === 1 ? (passed[0] as Buffer) : Buffer.concat(passed);
  }

  down(chunk: Buffer): Buffer | Promise<Buffer> {
    const frames = this.#responses.push(chunk);
    const waits: unknown[] = [];
    for (const frame of frames) {
      const id = correlationIdOf(frame);
      const request = this.#unanswered.get(id);
      this.#unanswered.delete(id);
      if (id === this.#held[0]?.header.correlationId) this.#onLateAnswer?.(frame);
      else if (request !== undefined) {
        for (const one of this.#traffic) waits.push(one.answered?.(request, frame, this));
      }
    }
    const bytes = frames.length === 1 ? (frames[0] as Buffer) : Buffer.concat(frames);
    return waits.every((wait) => wait === undefined) ? bytes : Promise.all(waits).then(() => bytes);
  }

  /** Resolves with the answer to what was held, or with undefined when the broker's end is closed before. */
  async sendLate(): Promise<Buffer | undefined> {
    const { broker } = this.#connection;
    const answer = await new Promise<Buffer | undefined>((done) => {
      this.#onLateAnswer = done;
      broker.once('close', () => done(undefined));
      if (broker.destroyed) done(undefined);
      else broker.write(Buffer.concat(this.#held.map(({ frame }) => frame)));
    });
    broker.destroy();
    return answer;
  }

  /** The broker's end stays open when the client's is closed, until `close`. */
  keep(): void {
    this.#connection.kept = true;
  }

  close(): void {
    this.#connection.broker.destroy();
  }

  /** The client loses the connection, and with it every answer that it does not have yet. */
  cut(): void {
    this.#connection.client.resetAndDestroy();
  }

  #intercept(frame: Buffer): Buffer | undefined {
    for (const { intercept } of this.#traffic) {
      const answer = intercept?.(frame);
      if (answer !== undefined) return answer;
    }
    return undefined;
  }

  #hold(request: Request): void {
    this.#held.push(request);
    this.keep();
    // Whatever else the client has written is in this chunk or lost, as on a network.
    setImmediate(() => this.cut());
  }
}
