export interface RateLimiterOptions {
  /** Sustained requests per second of one address; bursts may be twice as large. It may be a getter. */
  readonly perSecond: number;
  readonly now?: () => number;
}

/** Addresses with a bucket; the least recently seen one is evicted, which can only favour it. */
const ADDRESSES_MAX = 1_024;
/** Bytes of a body that cost as much as one request. */
const BYTES_PER_TOKEN = 4 * 1024;

interface Bucket {
  tokens: number;
  refilledAt: number;
}

/** A token bucket per address, so that no client can take enough of the main thread to slow down Kafka. */
export class RateLimiter {
  readonly #options: RateLimiterOptions;
  readonly #now: () => number;
  readonly #buckets = new Map<string, Bucket>();

  constructor(options: RateLimiterOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  /**
   * Takes tokens for a request that costs as much as `cost` plain ones and has a body of `bodyBytes`; `paid` tokens
   * were taken for it before. False, and nothing taken, when the bucket of the address does not hold enough.
   */
  tryTake(address: string, cost: number, bodyBytes = 0, paid = 0): boolean {
    const bucket = this.#refilled(keyOf(address));
    const price = Math.min(this.#burst, cost + Math.floor(bodyBytes / BYTES_PER_TOKEN)) - paid;
    if (bucket.tokens < price) return false;
    bucket.tokens -= price;
    return true;
  }

  get #burst(): number {
    return 2 * this.#options.perSecond;
  }

  #refilled(key: string): Bucket {
    const now = this.#now();
    const bucket = this.#buckets.get(key) ?? { tokens: this.#burst, refilledAt: now };
    const refill = ((now - bucket.refilledAt) * this.#options.perSecond) / 1_000;
    bucket.tokens = Math.min(this.#burst, bucket.tokens + refill);
    bucket.refilledAt = now;
    this.#buckets.delete(key); // moves it to the end: the map is in order of last use
    this.#buckets.set(key, bucket);
    if (this.#buckets.size > ADDRESSES_MAX) this.#buckets.delete(this.#buckets.keys().next().value as string);
    return bucket;
  }
}

/** IPv4 in either notation is one key. IPv6 is keyed by its /64, in which a host can pick any address it likes. */
function keyOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/, '');
  return plain.includes(':') ? plain.split(':').slice(0, 4).join(':') : plain;
}
