/**
 * How fast ONNX files are beside each other, on one thread:
 * `npm run bench:graphs -- FILE FILE… [--shapes 20x25,…] [--pieces N] [--rounds N] [--json FILE]`.
 *
 * `FILE@default` runs a file with ONNX Runtime's own settings instead of ours. The files take turns in short slices,
 * and what counts is the ratio to the first one in the same round: a busy machine slows all of them down alike.
 * `20x25` is 20 rows of 25 tokens, `20x25x6` the same with up to 6 tokens of padding.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { InferenceSession } from 'onnxruntime-node';
import { KubesentimentError } from '../src/errors.ts';
import { sessionOptions } from '../src/infer/onnx-backend.ts';
import { type Feeds, feedsOf, type ModelShape } from './lib/onnx-feeds.ts';
import { report, runTool, say } from './lib/report.ts';
import { median, rounded } from './lib/statistics.ts';

const SLICE_MS = 12;
const DEFAULT = '@default';

interface Candidate {
  readonly argument: string;
  readonly session: InferenceSession;
}

await runTool(async (argv) => {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      shapes: { type: 'string', default: '20x25,20x25x6,60x12' },
      pieces: { type: 'string', default: '30522' },
      labels: { type: 'string', default: '2' },
      rounds: { type: 'string', default: '21' },
      json: { type: 'string' },
    },
  });
  if (positionals.length < 2) throw new KubesentimentError('KS_USAGE', 'Name at least two ONNX files.');
  const candidates = await Promise.all(positionals.map(open));
  const figures: Record<string, number> = {};
  for (const text of values.shapes.split(',')) {
    say(`Measuring ${text}.`);
    const shape = { ...parseShape(text), pieces: Number(values.pieces), labels: Number(values.labels) };
    const { times, differences } = await measure(candidates, shape, Number(values.rounds));
    for (const [i, taken] of times.entries()) {
      figures[`${text}_us_per_row_${i}`] = rounded(median(taken), 1);
      if (i === 0) continue;
      figures[`${text}_times_as_fast_${i}`] = rounded(
        median(taken.map((us, round) => (times[0]?.[round] ?? 0) / us)),
        3,
      );
      figures[`${text}_logit_difference_max_${i}`] = differences[i] as number;
    }
  }
  report('bench:graphs', argv, values.json, figures, { files: positionals.map(describeFile) });
  return true;
});

async function open(argument: string): Promise<Candidate> {
  const options = argument.endsWith(DEFAULT)
    ? { intraOpNumThreads: 1, logSeverityLevel: 4 as const }
    : sessionOptions('cpu');
  return { argument, session: await InferenceSession.create(pathOf(argument), options) };
}

function pathOf(argument: string): string {
  return argument.endsWith(DEFAULT) ? argument.slice(0, -DEFAULT.length) : argument;
}

/** Paths say nothing on another machine; the hash is the model's version. */
function describeFile(argument: string) {
  const hash = createHash('sha256')
    .update(readFileSync(pathOf(argument)))
    .digest('hex')
    .slice(0, 12);
  return { version: hash, settings: argument.endsWith(DEFAULT) ? "ONNX Runtime's own" : 'ours' };
}

function parseShape(text: string): Pick<ModelShape, 'rows' | 'width' | 'padding'> {
  const [rows = 0, width = 0, padding = 0] = text.split('x').map(Number);
  if (rows >= 1 && width >= 1 && padding >= 0) return { rows, width, padding };
  throw new KubesentimentError('KS_USAGE', `"${text}" is not a shape such as 20x25.`);
}

/** Microseconds of processor time for each row, by candidate and round. */
async function measure(candidates: readonly Candidate[], shape: ModelShape, rounds: number) {
  const runs = await Promise.all(
    candidates.map(async ({ session }) => {
      const feeds = feedsOf(session, shape);
      await time(session, feeds, 1);
      const once = await time(session, feeds, 2);
      return {
        session,
        feeds,
        repeats: Math.max(1, Math.round((SLICE_MS * 1_000) / once)),
        times: [] as number[],
      };
    }),
  );
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < runs.length; turn++) {
      const run = runs[(turn + round) % runs.length];
      run?.times.push((await time(run.session, run.feeds, run.repeats)) / shape.rows);
    }
  }
  const reference = runs[0]?.feeds.logits;
  return {
    times: runs.map(({ times }) => times),
    differences: runs.map(({ feeds }) =>
      Math.max(...Array.from(feeds.logits, (value, i) => Math.abs(value - (reference?.[i] ?? 0)))),
    ),
  };
}

async function time(session: InferenceSession, { inputs, outputs }: Feeds, repeats: number): Promise<number> {
  const before = process.cpuUsage();
  for (let i = 0; i < repeats; i++) await session.run(inputs, outputs);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / repeats;
}
