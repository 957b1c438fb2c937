export interface AdmissionOptions {
  /** Requests a second of one address in the long run; twice as many at once. */
  readonly perSecond: number;
  readonly now?: () => number;
}

/** Addresses that are remembered; the one that was silent the longest is forgotten, which only favours it. */
const ADDRESSES_MAX = 1_024;
/** Bytes of a body that cost as much as a request. */
const BYTES_EACH = 4 * 1024;

interface Bucket {
  tokens: number;
  at: number;
}

/** A token bucket for each address: nobody gets so much of the thread that Kafka is served from that it shows. */
export class Admission {
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #now: () => number;
  readonly #buckets = new Map<string, Bucket>();

  constructor({ perSecond, now = () => performance.now() }: AdmissionOptions) {
    this.#perSecond = perSecond;
    this.#burst = 2 * perSecond;
    this.#now = now;
  }

  /**
   * Whether the address may ask for something that costs as much as `cost` requests and a body of `bytes`, of which it
   * has paid `paid` before.
   */
  admits(address: string, cost: number, bytes = 0, paid = 0): boolean {
    const now = this.#now();
    const source = sourceOf(address);
    const bucket = this.#buckets.get(source) ?? { tokens: this.#burst, at: now };
    const grown = bucket.tokens + ((now - bucket.at) * this.#perSecond) / 1_000;
    bucket.tokens = Math.min(this.#burst, grown);
    bucket.at = now;
    this.#buckets.delete(source); // to the end of the order
    this.#buckets.set(source, bucket);
    if (this.#buckets.size > ADDRESSES_MAX) this.#buckets.delete(this.#buckets.keys().next().value as string);
    const price = Math.min(this.#burst, cost + Math.floor(bytes / BYTES_EACH)) - paid;
    if (bucket.tokens < price) return false;
    bucket.tokens -= price;
    return true;
  }
}

/** IPv4 in either spelling; of IPv6 the network, since a host has as many addresses in it as it likes. */
function sourceOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/, '');
  return plain.includes(':') ? plain.split(':').slice(0, 4).join(':') : plain;
}
