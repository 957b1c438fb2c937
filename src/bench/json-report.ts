import { resultKeys } from './results.ts';
import type { BenchReport } from './bench.ts';
import { figureOf, type Sweep, sweepFigures } from './sweep.ts';

/** The results block with every key, `null` if not measured; then what is needed to judge it. */
export function benchJson(report: BenchReport): string {
  const { details, passed, notes, series } = report;
  return text({ ...blockOf(report), passed, details, notes, series });
}

export function sweepJson({ parameters, rows }: Sweep): string {
  const details = rows[0]?.report.details;
  const machine = rows[0]?.report.results.machine;
  const list = rows.map(({ values, report }) => ({
    settings: Object.fromEntries(parameters.map(({ key }, i) => [key, values[i]])),
    figures: Object.fromEntries(sweepFigures.map(([name]) => [name, figureOf(report, name) ?? null])),
    lost: report.details.lost,
    doubled: report.details.doubled,
    padding_ratio: report.details.padding_ratio,
    avg_batch_rows: report.details.avg_batch_rows,
  }));
  return text({ date: details?.date, broker: details?.broker, mode: details?.mode, machine, rows: list });
}

function blockOf({ results }: BenchReport): Record<string, unknown> {
  return Object.fromEntries(resultKeys.map((key) => [key, results[key] ?? null]));
}

function text(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
