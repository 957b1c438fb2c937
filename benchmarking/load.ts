/**
 * Latency against load, of this build and of another in turn: `npm run bench:load -- --baseline DIR --svg FILE`. See
 * README.md, "Load".
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from '../test/helpers/paths.ts';
import { type LoadPoint, loadPicture } from './lib/load-picture.ts';
import { measuredBroker } from './lib/measured-broker.ts';
import { report, runBenchmark, say } from './lib/report.ts';
import { median, rounded } from './lib/statistics.ts';
import { runStep } from './lib/table-step.ts';

const WARM_UP_S = 8;

await runBenchmark(async (argv) => {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...argv],
    options: {
      json: text,
      svg: text,
      baseline: text,
      loads: { ...text, default: '1000,2000,3000,4000,5000,6000,7000,8000' },
      seconds: { ...text, default: '15' },
      rounds: { ...text, default: '2' },
      set: { ...text, multiple: true, default: [] },
    },
  });
  const builds = [...(values.baseline === undefined ? [] : [values.baseline]), root];
  const folder = mkdtempSync(join(tmpdir(), 'kubesentiment-load-'));
  const broker = await measuredBroker();
  const rounds: (LoadPoint & { readonly build: string })[] = [];
  try {
    for (const load of values.loads.split(',').map(Number)) {
      for (let round = 0; round < Number(values.rounds); round++) {
        // Whoever runs second finds a warmer broker, so the order changes.
        for (const build of round % 2 === 0 ? builds : [...builds].reverse()) {
          const name = build === root ? 'after' : 'before';
          const file = join(folder, `${name}-${load}-${round}.json`);
          const args = [
            'bin/kubesentiment.cjs',
            'bench',
            '--broker',
            broker.bootstrapServers,
            '--target-tps',
            `${load}`,
          ];
          const duration = ['--duration', values.seconds, '--warm-up', `${WARM_UP_S}`];
          const settings = values.set.flatMap((setting) => ['--set', setting]);
          const { figures, problem } = await runStep(
            [...args, ...duration, ...settings],
            broker.bootstrapServers,
            file,
            build,
          );
          if (problem !== undefined) {
            say(`${name}, ${load}/s: ${problem}`);
            continue;
          }
          const point = pointOf(load, figures);
          say(`${name}, ${load}/s: ${JSON.stringify(point)}`);
          rounds.push({ build: name, ...point });
        }
      }
    }
  } finally {
    await broker.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  const [before, after] = ['before', 'after'].map((name) =>
    medians(rounds.filter(({ build }) => build === name)),
  );
  report('bench:load', argv, values.json, {}, { after, ...(values.baseline && { before }), rounds });
  if (values.svg !== undefined) writeFileSync(values.svg, loadPicture(before ?? [], after ?? []));
});

function pointOf(load: number, figures: unknown): LoadPoint {
  const get = (key: string): number => Number((figures as Record<string, unknown>)[key]);
  return {
    load_tps: load,
    achieved_tps: rounded(get('achieved_tps'), 1),
    mean_ms: rounded(get('avg_processing_time_ms'), 1),
    p99_ms: rounded(get('p99_processing_time_ms'), 1),
    end_to_end_p99_ms: rounded(get('p99_end_to_end_ms'), 1),
    cpu_us_per_message: rounded((get('cpu_seconds') * 1e6) / get('messages_processed'), 1),
  };
}

/** Of the rounds with the same load. */
function medians(points: readonly LoadPoint[]): LoadPoint[] {
  return [...new Set(points.map(({ load_tps }) => load_tps))].map((load) => {
    const same = points.filter(({ load_tps }) => load_tps === load);
    const of = (key: keyof LoadPoint): number => rounded(median(same.map((point) => point[key])), 1);
    return {
      load_tps: load,
      achieved_tps: of('achieved_tps'),
      mean_ms: of('mean_ms'),
      p99_ms: of('p99_ms'),
      end_to_end_p99_ms: of('end_to_end_p99_ms'),
      cpu_us_per_message: of('cpu_us_per_message'),
    };
  });
}
