import type { ServerResponse } from 'node:http';

export interface EventStreamOptions {
  readonly followersMax: number;
  /** Bytes that may wait for a follower; then it is dropped. It may come back and starts afresh. */
  readonly followerBytesMax: number;
}

/** Server-sent events to a bounded number of followers. One event is made into bytes once, for all of them. */
export class EventStream {
  readonly #options: EventStreamOptions;
  readonly #followers = new Set<ServerResponse>();
  #dropped = 0;

  constructor(options: EventStreamOptions) {
    this.#options = options;
  }

  get followers(): number {
    return this.#followers.size;
  }

  /** Followers that were too slow. */
  get dropped(): number {
    return this.#dropped;
  }

  get isFull(): boolean {
    return this.#followers.size >= this.#options.followersMax;
  }

  /** Takes over the response; `headers` are sent with it, then `first`. */
  follow(response: ServerResponse, headers: Readonly<Record<string, string>>, first: string): void {
    response.writeHead(200, { ...headers, 'content-type': 'text/event-stream; charset=utf-8' });
    response.on('close', () => this.#followers.delete(response));
    response.on('error', () => this.#followers.delete(response));
    this.#followers.add(response);
    response.write(first);
  }

  /** `frame` as `eventFrame` makes it. */
  send(frame: string): void {
    for (const follower of this.#followers) {
      if (follower.writableLength > this.#options.followerBytesMax) {
        this.#dropped++;
        this.#followers.delete(follower);
        follower.destroy();
      } else follower.write(frame);
    }
  }

  /** Ends every stream. */
  close(): void {
    for (const follower of this.#followers) follower.end();
    this.#followers.clear();
  }
}

/** JSON has no line breaks, so one line of data is enough. */
export function eventFrame(event: string, data: unknown): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}
