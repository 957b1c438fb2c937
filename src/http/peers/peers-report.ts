import type { PeerSummary } from './peer-summary.ts';

/** One process. The names are those over HTTP. */
export interface PeerRow {
  /** The process that answers this request. */
  readonly self: boolean;
  /** Of its page. null: this process, if it is not among the addresses. */
  readonly url: string | null;
  /** no_answer: `reason` says why, and `figures` are the last ones. asking: there has been no answer yet. */
  readonly status: 'ok' | 'no_answer' | 'asking';
  readonly reason: string | null;
  /** How old the figures are; null if there are none. */
  readonly age_s: number | null;
  readonly figures: PeerSummary | null;
}

/** Of the processes of this group that answer. */
export interface PeersTotal {
  readonly processes: number;
  readonly throughput_tps: number;
  /** The highest: percentiles cannot be added. null: nobody has committed anything lately. */
  readonly processing_p99_ms: number | null;
  readonly inflight_messages: number;
  readonly lag_messages: number;
  readonly lag_s: number;
  readonly partitions: number;
  readonly paused_partitions: number;
}

/** Something in which processes differ that should be the same. */
export interface Difference {
  readonly what: 'version' | 'model' | 'configuration' | 'group';
  readonly values: readonly { readonly value: string; readonly processes: readonly string[] }[];
}

export interface PeersReport {
  /** Addresses that are configured in `http.peers`. 0: nobody else is asked. */
  readonly addresses: number;
  /** This process first. */
  readonly peers: readonly PeerRow[];
  /** Processes beyond those that are shown. */
  readonly not_asked: number;
  readonly total: PeersTotal;
  readonly differences: readonly Difference[];
}

type Answer = PeerRow & { readonly figures: PeerSummary };

/** What rows have in common, and in what they differ. The first is this process. */
export function compared(peers: readonly PeerRow[]): Pick<PeersReport, 'total' | 'differences'> {
  const answers = peers.filter((row): row is Answer => row.status === 'ok' && row.figures !== null);
  const group = answers[0]?.figures.consumer_group;
  const ofGroup = answers.filter(({ figures }) => (figures.consumer_group ?? group) === group);
  return { total: totalOf(ofGroup.map(({ figures }) => figures)), differences: differencesOf(answers) };
}

function totalOf(all: readonly PeerSummary[]): PeersTotal {
  const sum = (of: (each: PeerSummary) => number | null): number =>
    all.reduce((total, each) => total + (of(each) ?? 0), 0);
  const slowest = all.flatMap(({ processing_p99_ms: p99 }) => (p99 === null ? [] : [p99]));
  return {
    processes: all.length,
    throughput_tps: sum((each) => each.throughput_tps),
    processing_p99_ms: slowest.length === 0 ? null : Math.max(...slowest),
    inflight_messages: sum((each) => each.inflight_messages),
    lag_messages: sum((each) => each.lag_messages),
    lag_s: Math.max(0, ...all.map((each) => each.lag_s)),
    partitions: sum((each) => each.partitions),
    paused_partitions: sum((each) => each.paused_partitions),
  };
}

function differencesOf(answers: readonly Answer[]): Difference[] {
  const found: Difference[] = [];
  const compare = (
    what: Difference['what'],
    rows: readonly Answer[],
    of: (each: PeerSummary) => string | null,
  ) => {
    const names = new Map<string, string[]>();
    for (const row of rows) {
      const value = of(row.figures);
      if (value !== null) names.set(value, [...(names.get(value) ?? []), nameOf(row)]);
    }
    if (names.size > 1)
      found.push({ what, values: [...names].map(([value, processes]) => ({ value, processes })) });
  };
  compare('group', answers, (each) => each.consumer_group);
  compare('version', answers, (each) => each.version);
  compare('model', answers, ({ model, model_version: version }) =>
    model === null ? null : version === null ? model : `${model} (${version})`,
  );
  // Another version has other keys, so its fingerprint says nothing.
  const versions = new Set(answers.map(({ figures }) => figures.version));
  for (const version of versions) {
    const same = answers.filter(({ figures }) => figures.version === version);
    compare('configuration', same, (each) => each.config);
  }
  return found;
}

/** The address tells two processes of one host apart. */
function nameOf({ figures, url }: Answer): string {
  const place = url === null ? null : new URL(url).host;
  if (figures.name === null) return place ?? 'this process';
  return place === null ? figures.name : `${figures.name} (${place})`;
}
