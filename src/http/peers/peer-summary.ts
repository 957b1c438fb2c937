/** What a process says of itself at /health/details, as far as a row has room for it. The names are those over HTTP. */
export interface PeerSummary {
  /** Another one after each start. null: the process is of a version that does not say. */
  readonly instance: string | null;
  readonly name: string | null;
  readonly consumer_group: string | null;
  readonly state: string;
  readonly ready: boolean;
  /** The first check that fails, and why. */
  readonly problem: { readonly check: string; readonly reason: string } | null;
  readonly version: string | null;
  readonly model: string | null;
  readonly model_version: string | null;
  /** The same for processes with the same configuration. */
  readonly config: string | null;
  readonly uptime_s: number;
  readonly throughput_tps: number | null;
  /** null: nothing was committed lately. */
  readonly processing_p99_ms: number | null;
  readonly inflight_messages: number | null;
  readonly lag_messages: number;
  /** Age of the oldest message that waits. */
  readonly lag_s: number;
  readonly partitions: number;
  readonly paused_partitions: number;
}

type Json = Readonly<Record<string, unknown>>;

const TEXT_MAX = 200;
const REASON_MAX = 500;

/** undefined if it is not what a service says. Nothing in it is trusted: types, signs and lengths are checked. */
export function summaryOf(details: unknown): PeerSummary | undefined {
  const all = objectOf(details);
  const state = textOf(all['state']);
  const uptime = numberOf(all['uptimeSeconds']);
  const partitions = all['partitions'];
  if (state === null || uptime === null || !Array.isArray(partitions)) return undefined;
  const [instance, build, load] = [all['instance'], all['build'], all['load']].map(objectOf) as [
    Json,
    Json,
    Json,
  ];
  return {
    instance: textOf(instance['id']),
    name: textOf(instance['name']),
    consumer_group: textOf(all['consumerGroup']),
    state,
    ready: all['status'] === 'ok',
    problem: problemIn(all['checks']),
    version: textOf(build['version']),
    model: textOf(build['model']),
    model_version: textOf(build['modelVersion']),
    config: textOf(all['configFingerprint']),
    uptime_s: uptime,
    throughput_tps: numberOf(load['throughputTps']),
    processing_p99_ms: numberOf(load['processingP99Ms']),
    inflight_messages: numberOf(load['inflightMessages']),
    ...lagOf(partitions.map(objectOf)),
  };
}

function lagOf(partitions: readonly Json[]) {
  let [messages, seconds, paused] = [0, 0, 0];
  for (const { lagMessages, lagSeconds, paused: isPaused } of partitions) {
    messages += numberOf(lagMessages) ?? 0;
    seconds = Math.max(seconds, numberOf(lagSeconds) ?? 0);
    if (isPaused === true) paused++;
  }
  const held = { partitions: partitions.length, paused_partitions: paused };
  return { lag_messages: messages, lag_s: seconds, ...held };
}

function problemIn(checks: unknown): PeerSummary['problem'] {
  if (!Array.isArray(checks)) return null;
  const failed = checks.map(objectOf).find(({ ok }) => ok === false);
  if (failed === undefined) return null;
  return { check: textOf(failed['name']) ?? '', reason: textOf(failed['reason'], REASON_MAX) ?? '' };
}

function objectOf(value: unknown): Json {
  return typeof value === 'object' && value !== null ? (value as Json) : {};
}

function textOf(value: unknown, max = TEXT_MAX): string | null {
  return typeof value === 'string' && value !== '' ? value.slice(0, max) : null;
}

/** Nothing that is counted or measured is larger, and the sum of many is still a number. */
function numberOf(value: unknown): number | null {
  return typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER ? value : null;
}
