import { cpuSeconds } from '../../src/bench/process-usage.ts';
import { median, rounded } from './statistics.ts';

/** Seconds between two exchanges of the model; 0 for none. */
export const spanKinds = { steady: 0, every_10_s: 10, every_1_s: 1 } as const;
export type SpanKind = keyof typeof spanKinds;

export interface SpanFigures {
  readonly kind: SpanKind;
  readonly mean_ms: number;
  readonly p50_ms: number;
  readonly p99_ms: number;
  readonly max_ms: number;
  /** Of the consumer, each second. */
  readonly cpu_ms: number;
}

interface Span {
  readonly kind: SpanKind;
  /** ms since 1970; what is due between them counts. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly latencies: number[];
  readonly cpuS: number[];
}

const SPAN_S = 35;
/** At the beginning of a span what was exchanged in the one before still shows. */
const SETTLE_S = 3;

/**
 * A run in spans, in turn with exchanges and without, so that whatever else the machine does meets all of them. Three
 * rounds have a hundred exchanges that follow each other closely.
 */
export class ExchangeSpans {
  readonly seconds: number;
  readonly #rounds: number;
  readonly #warmUpS: number;
  #spans: readonly Span[] = [];
  #timers: NodeJS.Timeout[] = [];
  #exchanges = 0;

  constructor(rounds: number, warmUpS: number) {
    this.#rounds = rounds;
    this.#warmUpS = warmUpS;
    this.seconds = rounds * Object.keys(spanKinds).length * SPAN_S;
  }

  /** The first span begins after the warm-up. */
  begin(pid: number, exchange: () => void): void {
    const kinds = Object.keys(spanKinds) as SpanKind[];
    const order = Array.from({ length: this.#rounds }, (_, i) => (i % 2 === 0 ? kinds : kinds.toReversed()));
    const beginsAtMs = Date.now() + 1_000 * this.#warmUpS;
    const at = (ms: number, what: () => void) => this.#timers.push(setTimeout(what, ms - Date.now()));
    this.#spans = order.flat().map((kind, i): Span => {
      const startMs = beginsAtMs + 1_000 * SPAN_S * i;
      const [fromMs, toMs] = [startMs + 1_000 * SETTLE_S, startMs + 1_000 * SPAN_S];
      const span = { kind, fromMs, toMs, latencies: [], cpuS: [] as number[] };
      for (const ms of [fromMs, toMs]) at(ms, () => span.cpuS.push(cpuSeconds(pid)));
      const everyMs = 1_000 * spanKinds[kind];
      for (let ms = startMs; everyMs > 0 && ms < toMs; ms += everyMs) {
        this.#exchanges++;
        at(ms, exchange);
      }
      return span;
    });
  }

  end(): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }

  get exchanges(): number {
    return this.#exchanges;
  }

  add(dueAtMs: number, latencyMs: number): void {
    this.#spans.find(({ fromMs, toMs }) => dueAtMs >= fromMs && dueAtMs < toMs)?.latencies.push(latencyMs);
  }

  figures(): SpanFigures[] {
    return this.#spans.map(({ kind, fromMs, toMs, latencies, cpuS }) => {
      latencies.sort((a, b) => a - b);
      const at = (share: number): number => latencies[Math.floor(share * (latencies.length - 1))] as number;
      const cpuMs = 1e6 * ((cpuS[1] as number) - (cpuS[0] as number));
      return {
        kind,
        mean_ms: rounded(latencies.reduce((sum, each) => sum + each, 0) / latencies.length, 2),
        ...{ p50_ms: at(0.5), p99_ms: at(0.99), max_ms: at(1) },
        cpu_ms: rounded(cpuMs / (toMs - fromMs), 1),
      };
    });
  }
}

/** The median of the spans of each kind, and how they compare with those without exchanges. */
export function compareSpans(figures: readonly SpanFigures[]): Record<string, number> {
  const of = (kind: SpanKind, figure: 'mean_ms' | 'p99_ms' | 'cpu_ms'): number =>
    median(figures.filter((each) => each.kind === kind).map((each) => each[figure]));
  const compared = (['every_10_s', 'every_1_s'] as const).flatMap((kind) => [
    [`${kind}_p99_ms`, of(kind, 'p99_ms')],
    [`${kind}_p99_ratio`, rounded(of(kind, 'p99_ms') / of('steady', 'p99_ms'), 3)],
    [`${kind}_mean_ratio`, rounded(of(kind, 'mean_ms') / of('steady', 'mean_ms'), 3)],
  ]);
  const cpuMs = of('every_1_s', 'cpu_ms') - of('steady', 'cpu_ms');
  return {
    steady_p99_ms: of('steady', 'p99_ms'),
    ...(Object.fromEntries(compared) as Record<string, number>),
    cpu_ms_per_exchange: rounded(cpuMs, 0),
  };
}
