import { KubesentimentError } from '../../src/errors.ts';
import type { ResultFacts } from './topics.ts';

/** `kubesentiment consume` for a run: what a benchmark must fix, then `settings`, then what the user asked for. */
export function consumeCommand(
  settings: Readonly<Record<string, string>>,
  names: { readonly group: string; readonly resultsTopic: string },
  userSettings: readonly string[],
): readonly [string, ...string[]] {
  const fixed = {
    'kafka.consumer_group': names.group,
    'kafka.results_topic': names.resultsTopic,
    'kafka.dlq_enabled': 'false',
    'kafka.auto_offset_reset': 'earliest',
    'http.port': '0',
    'logging.level': 'warn',
    ...settings,
  };
  const all = [...Object.entries(fixed).map(([key, value]) => `${key}=${value}`), ...userSettings];
  return ['bin/kubesentiment.cjs', 'consume', ...all.flatMap((setting) => ['--set', setting])];
}

/** From the value of a result, or of a request that came through as it was. */
export function readResult(value: Buffer): ResultFacts {
  const {
    id,
    processed_at: processedAtMs,
    latency_ms: latencyMs,
  } = JSON.parse(value.toString()) as Partial<Result>;
  if (id === undefined) throw new KubesentimentError('KS_STATE', 'A result has no id.');
  return processedAtMs === undefined || latencyMs === undefined
    ? { id }
    : { id, takenAtMs: processedAtMs - latencyMs };
}

interface Result {
  readonly id: string;
  readonly processed_at: number;
  readonly latency_ms: number;
}
