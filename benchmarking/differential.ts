/**
 * Random schemas and values through the native readers and through the official deserializers, avsc and protobufjs:
 * every mapped field must be the same. `npm run test:differential -- [--values N] [--seed S] [--progress FILE]
 * [--json FILE]`. A run that was stopped goes on where it was, if it is given the same progress file.
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { KubesentimentError } from '../src/errors.ts';
import { type Format, formats, runCase } from '../test/differential/differential.ts';
import { report, runTool, say } from './lib/report.ts';
import { rounded } from './lib/statistics.ts';

interface Count {
  /** Schemas, each with some values. */
  cases: number;
  values: number;
}

interface Progress extends Record<Format, Count> {
  readonly seed: number;
  seconds: number;
  /** The first of them; each names its case. */
  readonly differences: string[];
}

const SAVE_EVERY_MS = 5_000;
const DIFFERENCES_MAX = 20;
const VALUES_PER_LOOK = 1_000;

await runTool(async (argv) => {
  const { values, seed, progress: file, json } = readArguments(argv);
  const progress = resumed(file, seed) ?? newProgress(seed);
  await run(values / 2, progress, () => save(file, progress));
  const { avro, protobuf, differences, seconds } = progress;
  const figures = {
    differences: differences.length,
    avro_schemas: avro.cases,
    avro_values: avro.values,
    protobuf_schemas: protobuf.cases,
    protobuf_values: protobuf.values,
    seed,
    seconds: rounded(seconds, 0),
  };
  report('test:differential', argv, json, figures, { found: differences });
  return differences.length === 0;
});

/** Until there are so many values of each format; the one that is behind comes next. */
async function run(wanted: number, progress: Progress, onSave: () => void): Promise<void> {
  let savedAt = performance.now();
  for (;;) {
    const [format] = (Object.keys(formats) as Format[])
      .filter((each) => progress[each].values < wanted)
      .sort((a, b) => progress[a].values - progress[b].values);
    const isOver = format === undefined || progress.differences.length >= DIFFERENCES_MAX;
    if (!isOver) await look(format, progress);
    globalThis.gc?.(); // V8 does not know how much memory the native readers hold, nor frees it before the loop turns
    await nextTurn();
    const now = performance.now();
    if (!isOver && now - savedAt < SAVE_EVERY_MS) continue;
    progress.seconds += (now - savedAt) / 1_000;
    savedAt = now;
    onSave();
    const { avro, protobuf, differences } = progress;
    say(`avro ${avro.values}, protobuf ${protobuf.values} values, ${differences.length} differences.`);
    if (isOver) return;
  }
}

async function look(format: Format, progress: Progress): Promise<void> {
  const count = progress[format];
  for (const end = count.values + VALUES_PER_LOOK; count.values < end; ) {
    const number = count.cases++;
    const { values, difference } = await runCase(format, progress.seed, number);
    count.values += values;
    if (difference !== undefined) progress.differences.push(`${format} ${number}: ${difference}`);
  }
}

function newProgress(seed: number): Progress {
  return {
    seed,
    avro: { cases: 0, values: 0 },
    protobuf: { cases: 0, values: 0 },
    seconds: 0,
    differences: [],
  };
}

function resumed(file: string | undefined, seed: number): Progress | undefined {
  if (file === undefined || !existsSync(file)) return undefined;
  const progress = JSON.parse(readFileSync(file, 'utf8')) as Progress;
  if (progress.seed === seed) return progress;
  throw new KubesentimentError('KS_USAGE', `${file} is the progress of seed ${progress.seed}.`, {
    remedy: 'Name another file, or the same seed.',
  });
}

/** Never half a file. */
function save(file: string | undefined, progress: Progress): void {
  if (file === undefined) return;
  writeFileSync(`${file}.new`, JSON.stringify(progress));
  renameSync(`${file}.new`, file);
}

function readArguments(argv: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        values: { type: 'string', default: '1000000' },
        seed: { type: 'string', default: '1' },
        progress: { type: 'string' },
        json: { type: 'string' },
      },
    });
    for (const name of ['values', 'seed'] as const) {
      if (!/^[1-9]\d*$/.test(values[name])) throw new Error(`--${name} must be a whole number above 0`);
    }
    return { ...values, values: Number(values.values), seed: Number(values.seed) };
  } catch (error) {
    throw new KubesentimentError('KS_USAGE', `${(error as Error).message}.`, {
      remedy: 'npm run test:differential -- [--values N] [--seed S] [--progress FILE] [--json FILE]',
    });
  }
}
