import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { RateLimiter } from './rate-limiter.ts';

export interface ConnectionThrottleOptions {
  /** Connections of an address that are read at all. */
  readonly rateLimiter: RateLimiter;
  /** About how long the response to a client above the limit is delayed. */
  readonly throttleDelayMs: number;
  /** Connections that may be delayed at a time. */
  readonly throttledMax: number;
  /** The raw HTTP response to a connection that was delayed before it was read. */
  rejection(): string;
}

/**
 * Limits the connections of an address before a byte is parsed. One above the limit is delayed unread (a tarpit),
 * which costs the client time and us almost nothing.
 */
export class ConnectionThrottle {
  readonly #options: ConnectionThrottleOptions;
  readonly #delayed = new Set<Socket>();
  #isClosed = false;

  constructor(options: ConnectionThrottleOptions) {
    this.#options = options;
  }

  /** From now on, the present `connection` listeners of `server` only see connections within the limit. */
  attach(server: Server): void {
    const listeners = server.listeners('connection');
    server.removeAllListeners('connection');
    server.on('connection', (socket: Socket) => {
      if (!this.#options.rateLimiter.tryTake(socket.remoteAddress ?? '', 1)) {
        socket.on('error', () => undefined);
        this.delay(socket, () => socket.end(this.#options.rejection(), () => socket.destroySoon()));
        return;
      }
      for (const listener of listeners) listener.call(server, socket);
    });
  }

  /**
   * Calls `respond` after the delay. When too many connections are delayed, the oldest one is closed for this one if it
   * has sent nothing; otherwise this one is closed.
   */
  delay(socket: Socket, respond: () => void): void {
    const { throttleDelayMs, throttledMax } = this.#options;
    if (this.#delayed.has(socket)) return; // its pending response closes the connection
    if (this.#isClosed) return void socket.destroy();
    if (this.#delayed.size >= throttledMax) {
      const [oldest] = this.#delayed;
      if (oldest?.bytesRead !== 0) return void socket.destroy();
      oldest.destroy();
    }
    this.#delayed.add(socket);
    // Jitter: clients that were rejected together should not retry together.
    const timer = setTimeout(respond, throttleDelayMs * (0.75 + Math.random() / 2));
    socket.once('close', () => {
      clearTimeout(timer);
      this.#delayed.delete(socket);
    });
  }

  isDelayed(socket: Socket): boolean {
    return this.#delayed.has(socket);
  }

  /** Closes all delayed connections; from now on, connections above the limit are closed at once. */
  close(): void {
    this.#isClosed = true;
    for (const socket of this.#delayed) socket.destroy();
  }
}
