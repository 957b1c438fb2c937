import { join } from 'node:path';
import { KubesentimentError } from '../../src/errors.ts';
import type { ResultFacts } from './topics.ts';

export interface RunNames {
  readonly group: string;
  readonly resultsTopic: string;
}

type Settings = Readonly<Record<string, string>>;

/**
 * `kubesentiment consume`: script and arguments. Of the same setting in several places the last one counts.
 * `folder`: of the build to run, this one by default.
 */
export function consumeCommand(
  settings: Settings,
  names: RunNames,
  userSettings: readonly string[],
  folder = '',
): readonly [string, ...string[]] {
  const all = allSettings(settings, names, userSettings);
  return [join(folder, 'bin/kubesentiment.cjs'), 'consume', ...all.flatMap((setting) => ['--set', setting])];
}

/** The same service, but its model sleeps `usPerRow` microseconds for each message. */
export function sleepingConsumeCommand(
  usPerRow: number,
  ...more: Parameters<typeof allSettings>
): readonly [string, ...string[]] {
  return ['dist/benchmarking/lib/sleeping-consumer.js', String(usPerRow), ...allSettings(...more)];
}

/** What a benchmark must fix, then `settings`, then what the user asked for. */
function allSettings(settings: Settings, names: RunNames, userSettings: readonly string[]): string[] {
  const fixed = {
    'kafka.consumer_group': names.group,
    'kafka.results_topic': names.resultsTopic,
    'kafka.dlq_enabled': 'false',
    'kafka.auto_offset_reset': 'earliest',
    'http.port': '0',
    'logging.level': 'warn',
    ...settings,
  };
  return [...Object.entries(fixed).map(([key, value]) => `${key}=${value}`), ...userSettings];
}

/** Reads the value of a result, or of a request that was passed through unchanged. */
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
