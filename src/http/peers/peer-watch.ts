import { readFileSync } from 'node:fs';
import { withTimeout } from '../../timing.ts';
import { limits } from '../limits.ts';
import { askPeer, type PeerAccess, PeerError } from './ask-peer.ts';
import { Peer } from './peer.ts';
import { type Lookup, PeerNames, type Target } from './peer-names.ts';
import { type PeerSummary, summaryOf } from './peer-summary.ts';
import { compared, type PeerRow, type PeersReport } from './peers-report.ts';
import { Turns } from './turns.ts';

export interface PeerSettings {
  /** Base URLs. A name with several addresses stands for a process at each. */
  readonly urls: readonly string[];
  readonly token: string | undefined;
  /** File with the authorities for https. */
  readonly caFile: string | undefined;
}

export interface PeerWatchOptions {
  /** As they are now. */
  readonly settings: () => PeerSettings;
  /** What this process answers when it is asked. */
  readonly self: () => object;
  /** For tests: a name server, the time in ms, and how long a request may take. */
  readonly lookup?: Lookup;
  readonly now?: () => number;
  readonly timeoutMs?: number;
}

/** How long somebody who looks waits for those that are slow. */
const LOOK_MS = 1_000;
/** After this time without anybody who looks, what was known is forgotten. */
const FORGET_MS = 60_000;

/**
 * How the other processes of the group are. They are asked only when somebody looks, each at most once a second, and
 * what they are asked makes them ask nobody.
 */
export class PeerWatch {
  readonly #options: PeerWatchOptions;
  readonly #now: () => number;
  readonly #names: PeerNames;
  readonly #turns = new Turns(limits.peersInFlightMax);
  /** Those that had no answer keep their places for long, so the others always find some that are free. */
  readonly #again = new Turns(limits.peersInFlightMax / 2);
  /** By base and address. */
  readonly #peers = new Map<string, Peer>();
  readonly #asking = new Map<Peer, Promise<void>>();
  readonly #requests = new Set<AbortController>();
  #notAsked = 0;
  #lookedAtMs = Number.NEGATIVE_INFINITY;
  #isClosed = false;

  constructor(options: PeerWatchOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.#names = new PeerNames(options.lookup, this.#now);
  }

  /** Asks those whose turn it is, and waits a moment for them. */
  async look(): Promise<PeersReport> {
    const settings = this.#options.settings();
    if (this.#now() - this.#lookedAtMs > FORGET_MS) this.#peers.clear();
    this.#lookedAtMs = this.#now();
    await withTimeout(this.#renew(settings), LOOK_MS, () => undefined);
    const peers = this.#rows();
    return {
      addresses: this.#peers.size + this.#notAsked,
      peers,
      not_asked: this.#notAsked,
      ...compared(peers),
    };
  }

  /** Breaks off what has no answer yet. */
  close(): void {
    this.#isClosed = true;
    this.#names.close();
    for (const request of this.#requests) request.abort();
  }

  async #renew(settings: PeerSettings): Promise<void> {
    const { urls } = settings;
    const renewed = this.#names.renew(urls);
    this.#follow(this.#names.targets(urls)); // nobody has to wait for a name server to see what is configured
    await renewed;
    if (this.#options.settings().urls.join() !== urls.join()) return; // others are configured by now
    this.#follow(this.#names.targets(urls));
    const access = accessOf(settings);
    const all = [...this.#peers.values()];
    const answers = all.filter(({ failures }) => failures === 0).map((peer) => this.#ask(peer, access));
    // Nobody waits for them.
    for (const peer of all.filter(({ failures }) => failures > 0)) void this.#ask(peer, access);
    await Promise.all(answers);
  }

  /** From now on there are these; what is known of those that stay is kept. */
  #follow(targets: readonly Target[]): void {
    const shown = targets.slice(0, limits.peersMax);
    this.#notAsked = targets.length - shown.length;
    const before = new Map(this.#peers);
    this.#peers.clear();
    for (const target of shown) {
      const key = `${target.base} ${target.address?.address ?? ''}`;
      const peer = before.get(key) ?? new Peer(target);
      peer.target = target;
      this.#peers.set(key, peer);
    }
  }

  #ask(peer: Peer, access: () => PeerAccess): Promise<void> | undefined {
    const running = this.#asking.get(peer);
    if (running !== undefined) return running;
    if (!peer.isDue(this.#now(), limits.peerIntervalMs)) return undefined;
    const ask = () => this.#turns.take(() => peer.ask(() => this.#send(peer.target, access), this.#now));
    const asking = (peer.failures > 0 ? this.#again.take(ask) : ask()).finally(() =>
      this.#asking.delete(peer),
    );
    this.#asking.set(peer, asking);
    return asking;
  }

  async #send(target: Target, access: () => PeerAccess): Promise<unknown> {
    if (this.#isClosed) throw new PeerError('This process is stopping.');
    const request = new AbortController();
    const timer = setTimeout(() => request.abort(), this.#options.timeoutMs ?? limits.peerTimeoutMs);
    this.#requests.add(request);
    try {
      return await askPeer(target, access(), request.signal);
    } finally {
      clearTimeout(timer);
      this.#requests.delete(request);
    }
  }

  /** This process, then one row for each other one. */
  #rows(): PeerRow[] {
    const own = summaryOf(this.#options.self()) as PeerSummary;
    const rows = [...this.#peers.values()].map((peer) => peer.row(this.#now()));
    const isOwn = ({ figures }: PeerRow) => figures !== null && figures.instance === own.instance;
    const url = rows.find(isOwn)?.url ?? null;
    const self: PeerRow = { self: true, url, status: 'ok', reason: null, age_s: 0, figures: own };
    return [self, ...withoutTwins(rows.filter((row) => !isOwn(row)))];
  }
}

/** A process that is reached at two addresses is one; the row is the one that has an answer. */
function withoutTwins(rows: readonly PeerRow[]): PeerRow[] {
  const best = new Map<string, PeerRow>();
  for (const row of rows) {
    const instance = row.figures?.instance;
    if (instance == null) continue;
    if (best.get(instance)?.status !== 'ok') best.set(instance, row);
  }
  return rows.filter((row) => row.figures?.instance == null || best.get(row.figures.instance) === row);
}

/** Read for each request, since certificates are renewed. */
function accessOf({ token, caFile }: PeerSettings): () => PeerAccess {
  return () => {
    if (caFile === undefined) return { token };
    try {
      return { token, ca: readFileSync(caFile) };
    } catch {
      throw new PeerError(`The file ${caFile} of http.peers_ssl_cafile cannot be read.`);
    }
  };
}
