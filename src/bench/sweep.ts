import type { Config } from '../config/schema.ts';
import { configKeys } from '../config/schema.ts';
import { suggest } from '../config/suggest.ts';
import type { BenchResults } from './results.ts';
import { KubesentimentError } from '../errors.ts';
import { type BenchPlan, type BenchReport, runBench } from './bench.ts';
import type { BenchBroker } from './broker.ts';

/** A configuration key and the values to try. */
export interface SweepParameter {
  /** `section.key` */
  readonly key: string;
  readonly values: readonly string[];
}

export interface SweepRow {
  /** In parameter order. */
  readonly values: readonly string[];
  readonly report: BenchReport;
}

export interface Sweep {
  readonly parameters: readonly SweepParameter[];
  readonly rows: readonly SweepRow[];
}

/** What is reported for a row, and in which unit. */
export const sweepFigures = [
  ['achieved_tps', 'messages/s', 0],
  ['p50_end_to_end_ms', 'ms', 1],
  ['p99_end_to_end_ms', 'ms', 1],
  ['avg_processing_time_ms', 'ms', 1],
  ['cpu_us_per_message', 'µs', 1],
  ['rss_peak_mib', 'MiB', 0],
] as const;
export type SweepFigure = (typeof sweepFigures)[number][0];

const PARAMETERS_MAX = 2;

/** `batch_size=50,100` or `model.max_threads=1,2`. KS_USAGE for an unknown key, with a suggestion. */
export function parseParameter(text: string): SweepParameter {
  const at = text.indexOf('=');
  const name = text.slice(0, Math.max(0, at));
  const values = text
    .slice(at + 1)
    .split(',')
    .map((value) => value.trim())
    .filter((value) => value !== '');
  if (at < 1 || values.length === 0) {
    throw new KubesentimentError('KS_USAGE', '--param must be a key and its values.', {
      remedy: 'For example: --param batch_size=50,100,200,400.',
    });
  }
  const names = [...configKeys.keys()];
  const key = names.find((known) => known === name || known.endsWith(`.${name}`));
  if (key !== undefined) return { key, values };
  const near = suggest(name, [...names, ...names.map((known) => known.replace(/^.*\./, ''))]);
  throw new KubesentimentError('KS_USAGE', `The configuration has no key "${name}".`, {
    remedy: near === undefined ? 'See "kubesentiment config docs".' : `Did you mean ${near}?`,
  });
}

/**
 * Every combination of values, with a new consumer for each. `configOf` builds the configuration and its arguments.
 */
export async function runSweep(
  broker: BenchBroker,
  parameters: readonly SweepParameter[],
  plan: Omit<BenchPlan, 'config' | 'consumerArgs'>,
  configOf: (settings: Readonly<Record<string, string>>) => {
    config: Config;
    consumerArgs: readonly string[];
  },
): Promise<Sweep> {
  if (parameters.length === 0 || parameters.length > PARAMETERS_MAX) {
    throw new KubesentimentError('KS_USAGE', 'A sweep varies one or two parameters.', {
      remedy: 'Give --param once or twice.',
    });
  }
  const combinations = combine(parameters);
  const settings = combinations.map((values) =>
    Object.fromEntries(parameters.map(({ key }, i) => [key, values[i] as string])),
  );
  const configurations = settings.map(configOf); // reports everything that is wrong before the first run
  const rows: SweepRow[] = [];
  for (const [i, values] of combinations.entries()) {
    const named = parameters.map(({ key }, p) => `${key}=${values[p]}`).join(', ');
    plan.log(`Run ${i + 1} of ${combinations.length}: ${named}.`);
    const { config, consumerArgs } = configurations[i] as (typeof configurations)[number];
    rows.push({
      values,
      report: await runBench(broker, { ...plan, config, consumerArgs, withBaseline: false }),
    });
  }
  return { parameters, rows };
}

function combine(parameters: readonly SweepParameter[]): string[][] {
  return parameters.reduce<string[][]>(
    (before, { values }) => before.flatMap((row) => values.map((value) => [...row, value])),
    [[]],
  );
}

/** One figure of a row; undefined if it was not measured. */
export function figureOf({ results }: BenchReport, figure: SweepFigure): number | undefined {
  const r: BenchResults = results;
  if (figure === 'cpu_us_per_message') {
    return r.cpu_seconds === undefined
      ? undefined
      : (r.cpu_seconds * 1e6) / Math.max(1, r.messages_processed);
  }
  if (figure === 'rss_peak_mib')
    return r.rss_peak_bytes === undefined ? undefined : r.rss_peak_bytes / 2 ** 20;
  return r[figure];
}

/** The run with the highest rate. */
export function bestRow({ rows }: Sweep): number {
  const rates = rows.map(({ report }) => report.results.achieved_tps);
  return rates.indexOf(Math.max(...rates));
}
