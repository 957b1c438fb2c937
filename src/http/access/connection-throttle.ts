import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Admission } from './rate-limiter.ts';

export interface DoorOptions {
  readonly admission: Admission;
  /** About how long who is too many waits, and how many may. */
  readonly heldMs: number;
  readonly heldMax: number;
  /** The answer after the wait, as it goes over the wire. */
  readonly refusal: string;
}

/**
 * Where connections come in. A connection pays for its first request before a byte of it is looked at; one of an
 * address that has nothing left waits outside, which takes a caller's time and next to nothing of ours.
 */
export class Door {
  readonly #options: DoorOptions;
  readonly #held = new Set<Socket>();
  /** Those whose first request is still to come. */
  readonly #paid = new WeakSet<Socket>();
  #isClosed = false;

  constructor(options: DoorOptions) {
    this.#options = options;
  }

  /** What listens for connections of `server` so far hears from now on only of those that may come in. */
  guard(server: Server): void {
    const listeners = server.listeners('connection');
    server.removeAllListeners('connection');
    server.on('connection', (socket: Socket) => {
      if (!this.#options.admission.admits(socket.remoteAddress ?? '', 1)) {
        socket.on('error', () => undefined);
        this.hold(socket, () => socket.end(this.#options.refusal, () => socket.destroySoon()));
        return;
      }
      this.#paid.add(socket);
      for (const listener of listeners) listener.call(server, socket);
    });
  }

  /** Whether a request may go on that costs as much as `cost` requests and a body of `bytes`. */
  admits(socket: Socket, cost: number, bytes: number): boolean {
    const paid = this.#paid.delete(socket) ? 1 : 0;
    return this.#options.admission.admits(socket.remoteAddress ?? '', cost, bytes, paid);
  }

  /** Keeps a connection waiting, then has it answered. Only one that has sent nothing makes room for it. */
  hold(socket: Socket, answer: () => void): void {
    const { heldMs, heldMax } = this.#options;
    if (this.#held.has(socket)) return; // the answer that it waits for is its last
    if (this.#isClosed) return void socket.destroy();
    if (this.#held.size >= heldMax) {
      const [longest] = this.#held;
      if (longest?.bytesRead !== 0) return void socket.destroy();
      longest.destroy();
    }
    this.#held.add(socket);
    // Not all at once: they would all be back at once too.
    const timer = setTimeout(answer, heldMs * (0.75 + Math.random() / 2));
    socket.once('close', () => {
      clearTimeout(timer);
      this.#held.delete(socket);
    });
  }

  /** Cuts off all that wait; from now on nobody does. */
  close(): void {
    this.#isClosed = true;
    for (const socket of this.#held) socket.destroy();
  }
}
