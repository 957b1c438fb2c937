import { PeerError } from './ask-peer.ts';
import type { Target } from './peer-names.ts';
import { type PeerSummary, summaryOf } from './peer-summary.ts';
import type { PeerRow } from './peers-report.ts';

/** Figures from before nobody looked do not pass for those of now. */
const CURRENT_MS = 5_000;
/** Processes of which is remembered that they have answered at an address. */
const INSTANCES_MAX = 8;
const BALANCED =
  'Different processes answer here in turn: this is the address of a load balancer. ' +
  'Use that of a headless service, or list each process.';
const UNUSABLE = 'It cannot be asked: check http.peers_token and http.peers_ssl_cafile';

/** What is known of the process at one address. */
export class Peer {
  target: Target;
  /** Requests without an answer since the last answer. */
  failures = 0;
  #startedAtMs = Number.NEGATIVE_INFINITY;
  #answeredAtMs = Number.NEGATIVE_INFINITY;
  #figures: PeerSummary | undefined;
  /** Why the last request had no answer. */
  #failure: string | undefined;
  /** Who has answered: the latest last, each once. */
  #instances: string[] = [];
  #isBalanced = false;

  constructor(target: Target) {
    this.target = target;
  }

  isDue(nowMs: number, intervalMs: number): boolean {
    return this.target.trouble === undefined && nowMs - this.#startedAtMs >= intervalMs;
  }

  /** Never rejects. */
  async ask(send: () => Promise<unknown>, now: () => number): Promise<void> {
    this.#startedAtMs = now();
    try {
      const figures = summaryOf(await send());
      if (figures === undefined) throw new PeerError('Its answer is not that of a service like this one.');
      this.#figures = figures;
      this.#answeredAtMs = now();
      this.#failure = undefined;
      this.failures = 0;
      if (figures.instance !== null) this.#met(figures.instance);
    } catch (error) {
      this.#failure = error instanceof PeerError ? error.message : `${UNUSABLE} (${codeOf(error)}).`;
      this.failures++;
    }
  }

  row(nowMs: number): PeerRow {
    const { url, trouble } = this.target;
    const ageMs = nowMs - this.#answeredAtMs;
    const known = { self: false, url, age_s: this.#figures ? ageMs / 1_000 : null };
    const figures = this.#figures ?? null;
    if (this.#isBalanced)
      return { ...known, status: 'no_answer', reason: BALANCED, age_s: null, figures: null };
    const reason = trouble ?? this.#failure;
    if (reason !== undefined) return { ...known, status: 'no_answer', reason, figures };
    const isCurrent = figures !== null && ageMs <= CURRENT_MS;
    return { ...known, status: isCurrent ? 'ok' : 'asking', reason: null, figures };
  }

  /** A process that starts again is a new one, but none comes back after another. */
  #met(instance: string): void {
    if (this.#instances.at(-1) === instance) return;
    if (this.#instances.includes(instance)) this.#isBalanced = true;
    this.#instances = [...this.#instances.filter((other) => other !== instance), instance].slice(
      -INSTANCES_MAX,
    );
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';
}
