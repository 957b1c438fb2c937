import type { ServerResponse } from 'node:http';

export interface EventStreamOptions {
  readonly subscribersMax: number;
  /** Unsent bytes after which a slow subscriber is dropped. It may reconnect and starts over. */
  readonly subscriberBytesMax: number;
}

/** Server-sent events for a bounded number of subscribers. Each event is serialized once for all of them. */
export class EventStream {
  readonly #options: EventStreamOptions;
  readonly #subscribers = new Set<ServerResponse>();
  #dropped = 0;

  constructor(options: EventStreamOptions) {
    this.#options = options;
  }

  get subscribers(): number {
    return this.#subscribers.size;
  }

  /** Subscribers that were too slow. */
  get dropped(): number {
    return this.#dropped;
  }

  get isFull(): boolean {
    return this.#subscribers.size >= this.#options.subscribersMax;
  }

  /** Takes over the response, and sends `headers` and `first`. */
  subscribe(response: ServerResponse, headers: Readonly<Record<string, string>>, first: string): void {
    response.writeHead(200, { ...headers, 'content-type': 'text/event-stream; charset=utf-8' });
    response.on('close', () => this.#subscribers.delete(response));
    response.on('error', () => this.#subscribers.delete(response));
    this.#subscribers.add(response);
    response.write(first);
  }

  /** `frame` is made by `eventFrame`. */
  send(frame: string): void {
    for (const subscriber of this.#subscribers) {
      if (subscriber.writableLength > this.#options.subscriberBytesMax) {
        this.#dropped++;
        this.#subscribers.delete(subscriber);
        subscriber.destroy();
      } else subscriber.write(frame);
    }
  }

  /** Ends every stream. */
  close(): void {
    for (const subscriber of this.#subscribers) subscriber.end();
    this.#subscribers.clear();
  }
}

/** JSON has no line breaks, so one line of data is enough. */
export function eventFrame(event: string, data: unknown): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}
