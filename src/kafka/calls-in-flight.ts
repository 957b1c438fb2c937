import { type ErrorCode, KubesentimentError } from '../errors.ts';

/**
 * Calls of one client that are not over. node-rdkafka frees a client that is closed under whoever uses it: a thread
 * that waits for an answer reads memory that is not its own, and a synchronous call crashes the process or never
 * returns. So what uses a client is a call in flight until it is done with it, and whoever closes it waits.
 */
export class CallsInFlight {
  readonly #running = new Set<Promise<unknown>>();
  readonly #code: ErrorCode;
  #isClosing = false;

  /** `code`: what a call is refused with while the client is being closed. */
  constructor(code: ErrorCode = 'KS_STATE') {
    this.#code = code;
  }

  get isClosing(): boolean {
    return this.#isClosing;
  }

  /** Refuses when the client is being closed, also if `start` is part of a call that goes on. */
  during<T>(start: () => Promise<T>): Promise<T> {
    if (this.#isClosing) return Promise.reject(this.#refusal());
    const call = start();
    this.#running.add(call);
    call.catch(() => undefined).finally(() => this.#running.delete(call));
    return call;
  }

  /** For calls that are over at once. */
  checkOpen(): void {
    if (this.#isClosing) throw this.#refusal();
  }

  /** Begins no more calls, and resolves when all are over. None takes longer than librdkafka was given time for. */
  async end(): Promise<void> {
    this.#isClosing = true;
    await Promise.allSettled(this.#running);
  }

  #refusal(): KubesentimentError {
    return new KubesentimentError(this.#code, 'The client that would ask is being closed.');
  }
}
