import type { LookupAddress } from 'node:dns';
import { lookup as systemLookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { Turns } from './turns.ts';

/** A process to ask, or a name that leads to none. */
export interface Target {
  /** As configured. */
  readonly base: string;
  /** For people: as configured, or with the address where the name has several. */
  readonly url: string;
  /** What `base` is to be reached at; undefined if it has no name, or none is known. */
  readonly address?: LookupAddress;
  /** Why there is nothing to ask; null while its name is being looked up. */
  readonly trouble?: string | null;
}

export type Lookup = (name: string) => Promise<readonly LookupAddress[]>;

interface Name {
  addresses: readonly LookupAddress[];
  failure: string | undefined;
  looking: Promise<void> | undefined;
  /** When the last look-up began. */
  beganAtMs: number;
}

/** Pods come and go; so do the addresses of their service. */
const KEPT_MS = 10_000;
/** Each holds a thread of the libuv pool, which Kafka's client needs, too, for as long as the name server likes. */
const LOOKUPS_MAX = 2;
/** A look-up cannot be broken off; after this time people are told. */
const SLOW_MS = 2_000;

/** Finds the addresses behind the configured names: one process for each. */
export class PeerNames {
  readonly #lookup: Lookup;
  readonly #now: () => number;
  readonly #turns = new Turns(LOOKUPS_MAX);
  readonly #names = new Map<string, Name>();

  constructor(lookup: Lookup | undefined, now: () => number) {
    this.#lookup = lookup ?? ((name) => systemLookup(name, { all: true }));
    this.#now = now;
  }

  /** Resolves when every name has been looked up once; those that were before are renewed meanwhile. */
  async renew(bases: readonly string[]): Promise<void> {
    const hosts = new Set(bases.map(hostOf).filter((host) => isIP(host) === 0));
    for (const host of this.#names.keys()) if (!hosts.has(host)) this.#names.delete(host);
    const first = [...hosts].map((host) => {
      const isNew = !this.#names.has(host);
      const looking = this.#renewOne(host);
      return isNew ? looking : undefined;
    });
    await Promise.all(first);
  }

  targets(bases: readonly string[]): Target[] {
    return bases.flatMap((base): Target[] => {
      const name = this.#names.get(hostOf(base));
      if (name === undefined) return [{ base, url: base }];
      if (name.addresses.length > 1)
        return name.addresses.map((address) => ({ base, address, url: urlAt(base, address) }));
      const [address] = name.addresses;
      if (address !== undefined) return [{ base, url: base, address }];
      const isSlow = this.#now() - name.beganAtMs > SLOW_MS;
      return [
        { base, url: base, trouble: name.failure ?? (isSlow ? 'The name server does not answer.' : null) },
      ];
    });
  }

  #renewOne(host: string): Promise<void> | undefined {
    const known = this.#names.get(host);
    if (known?.looking !== undefined) return known.looking;
    if (known !== undefined && this.#now() - known.beganAtMs < KEPT_MS) return undefined;
    const name = known ?? { addresses: [], failure: undefined, looking: undefined, beganAtMs: 0 };
    this.#names.set(host, name);
    name.beganAtMs = this.#now();
    name.looking = this.#turns.take(async () => {
      if (this.#names.get(host) === name) await this.#look(host, name); // otherwise nobody wants to know any more
    });
    return name.looking;
  }

  /** No more names are looked up than those that are. */
  close(): void {
    this.#names.clear();
  }

  async #look(host: string, name: Name): Promise<void> {
    try {
      name.addresses = ofOneFamily(await this.#lookup(host));
      name.failure = name.addresses.length === 0 ? 'Its name has no address.' : undefined;
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? 'unknown reason';
      const isGone = code === 'ENOTFOUND';
      if (isGone) name.addresses = []; // otherwise the name server is in trouble, and the addresses are still right
      name.failure = isGone
        ? 'Its name is not known (ENOTFOUND).'
        : `Its name cannot be looked up (${code}).`;
    } finally {
      name.looking = undefined;
    }
  }
}

/** A process with addresses of both families is one process. */
function ofOneFamily(addresses: readonly LookupAddress[]): readonly LookupAddress[] {
  const four = addresses.filter(({ family }) => family === 4);
  const chosen = four.length > 0 ? four : addresses;
  return [...chosen].sort((a, b) => a.address.localeCompare(b.address, 'en', { numeric: true }));
}

function hostOf(base: string): string {
  return new URL(base).hostname.replace(/^\[|\]$/g, '');
}

function urlAt(base: string, { address, family }: LookupAddress): string {
  const url = new URL(base);
  url.hostname = family === 6 ? `[${address}]` : address;
  return url.href;
}
