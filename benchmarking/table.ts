/**
 * Every figure that this project aims at, measured one after the other, with its target: `npm run bench:table`.
 * See README.md, "The table". A row that cannot be measured says why, and the others go on.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { table } from '../src/cli/common.ts';
import { measuredBroker } from './lib/measured-broker.ts';
import { circumstances, runBenchmark, say } from './lib/report.ts';
import { runStep, type StepResult } from './lib/table-step.ts';
import { steps, type TableContext } from './lib/table-plan.ts';
import { median } from './lib/statistics.ts';
import { rowsOf } from './lib/table-rows.ts';

/** Of the last minute: what else the machine was doing. */
const loadBefore = loadavg()[0];

await runBenchmark(async (argv) => {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      json: { type: 'string' },
      only: { type: 'string' },
      before: { type: 'string' },
      quick: { type: 'boolean', default: false },
    },
  });
  const startedAt = performance.now();
  const folder = mkdtempSync(join(tmpdir(), 'kubesentiment-table-'));
  const found = new Map<string, StepResult[]>();
  const broker = await measuredBroker();
  const context: TableContext = {
    bootstrapServers: broker.bootstrapServers,
    quick: values.quick,
    before: values.before,
    value: (step, key) => medianAt(found.get(step) ?? [], key),
  };
  try {
    for (const step of steps) {
      if (values.only !== undefined && !values.only.split(',').includes(step.name)) continue;
      const args = step.args(context);
      if (args === undefined) continue;
      const results: StepResult[] = [];
      for (let time = 1; time <= (values.quick ? 1 : (step.times ?? 1)); time++) {
        say(`${((performance.now() - startedAt) / 60_000).toFixed(1)} min: ${step.name}`);
        const file = join(folder, `${step.name}-${time}.json`);
        results.push(await runStep(args, broker.bootstrapServers, file));
      }
      found.set(step.name, results);
    }
  } finally {
    await broker.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  const rows = rowsOf(context, found);
  const header = ['figure', 'at least', 'measured', 'met', 'how'];
  const shown = rows.map((row) => [row.figure, row.target, row.measured, met(row.met), row.how]);
  process.stdout.write(`${table(header, shown)}\n`);
  if (values.json === undefined) return;
  mkdirSync(dirname(values.json), { recursive: true });
  const document = {
    ...circumstances('bench:table', argv),
    cores: availableParallelism(),
    load_average_before: loadBefore,
    minutes: Math.round((performance.now() - startedAt) / 6_000) / 10,
    rows,
    reports: Object.fromEntries(
      [...found].map(([name, results]) => [
        name,
        results.map(({ figures, problem }) => (figures === undefined ? { problem } : withoutSeries(figures))),
      ]),
    ),
  };
  writeFileSync(values.json, `${JSON.stringify(document, undefined, 2)}\n`);
});

function met(value: boolean | null): string {
  return value === null ? '–' : value ? 'yes' : 'NO';
}

/** Seconds of every run would be nine tenths of the file. */
function withoutSeries(figures: unknown): object {
  const { series: _series, ...rest } = figures as { series?: unknown };
  return rest;
}

function medianAt(results: readonly StepResult[], path: string): number | undefined {
  const values = results.map(({ figures }) => numberAt(figures, path)).filter((value) => value !== undefined);
  return values.length === 0 ? undefined : median(values);
}

function numberAt(figures: unknown, path: string): number | undefined {
  const value = path
    .split('.')
    .reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], figures);
  return typeof value === 'number' ? value : undefined;
}
