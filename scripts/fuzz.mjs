/**
 * `npm run fuzz`: libFuzzer over the native core under AddressSanitizer and UndefinedBehaviorSanitizer, one or a few
 * targets at a time. Needs clang; without it every target is skipped and listed by name. Inputs that are found are
 * kept in .cache/fuzz, and the next run starts from them. The last line is `N passed, N failed, N skipped`.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { compileProgram, coreSources } from './lib/compile-native.mjs';
import { packCorpus, unpackCorpus } from './lib/fuzz-corpus.mjs';
import { writeFuzzSchemas } from './lib/fuzz-schemas.mjs';
import { fuzzTargets } from './lib/fuzz-targets.mjs';
import { fuzzSchemas, runFuzzer } from './lib/libfuzzer.mjs';
import { firstLine, root, StepError } from './lib/run.mjs';

const usage = `npm run fuzz -- [TARGET]... [--seconds N] [--jobs N] [--keep] [--json FILE]

  TARGET       ${fuzzTargets.map(({ name }) => name).join(', ')}; default: all
  --seconds N  for each target (60)
  --jobs N     targets at the same time (1)
  --keep       afterwards the smallest inputs that reach everything replace those of test/fuzz/corpus
  --json FILE  writes a report`;

const { positionals, values: options } = readArguments();
const wanted = fuzzTargets.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
const compiler = process.env.FUZZ_CXX ?? 'clang++';
const version = firstLine(compiler, ['--version']);
const missing = whatIsMissing();
const results = [];
try {
  const programs = new Map();
  for (const target of missing === undefined ? wanted : []) programs.set(target, await compile(target));
  if (missing === undefined && wanted.some(({ schemas }) => schemas)) await writeFuzzSchemas(fuzzSchemas);
  const waiting = [...wanted];
  const work = async () => {
    for (let target = waiting.shift(); target !== undefined; target = waiting.shift())
      results.push(await fuzz(target, programs.get(target)));
  };
  await Promise.all(Array.from({ length: Number(options.jobs) }, work));
} catch (error) {
  if (!(error instanceof StepError)) throw error;
  console.error(error.message);
  process.exit(1);
}
if (options.json !== undefined) writeReport(options.json);
const count = (outcome) => results.filter((result) => result.outcome === outcome).length;
console.log(`${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped`);
process.exitCode = count('failed') > 0 ? 1 : 0;

async function fuzz(target, program) {
  const result = missing === undefined ? await run(target, program) : { outcome: 'skipped', reason: missing };
  const { outcome, reason, ...figures } = result;
  const told =
    reason ?? `${figures.executions} inputs in ${figures.seconds} s, ${figures.coverage} places reached`;
  console.log(`${outcome.padEnd(8)} ${target.name}: ${told}`);
  return { target: target.name, ...result };
}

async function run(target, program) {
  const folder = join(root, '.cache/fuzz', target.name);
  unpackCorpus(target.name, join(folder, 'corpus'));
  const result = await runFuzzer(program, target, folder, Number(options.seconds));
  if (options.keep && result.outcome === 'passed') {
    const smallest = join(folder, 'smallest');
    rmSync(smallest, { recursive: true, force: true });
    mkdirSync(smallest);
    await runFuzzer(program, target, folder, 0, ['-merge=1', smallest]);
    console.log(
      `kept     ${target.name}: ${packCorpus(target.name, smallest)} of ${readdirSync(smallest).length}`,
    );
  }
  return result;
}

function compile({ source }) {
  return compileProgram({
    step: 'fuzz targets',
    compiler,
    folder: 'build-fuzz',
    name: source.replace('.cc', ''),
    flags: [
      ...['-std=c++17', '-O1', '-g', '-fno-omit-frame-pointer'],
      ...['-fsanitize=fuzzer,address,undefined', '-fno-sanitize-recover=all'],
    ],
    units: [...coreSources(), join(root, 'test/fuzz', source)].map((unit) => ({ source: unit })),
  });
}

function whatIsMissing() {
  if (version === undefined) return 'clang is not installed: apt-get install clang';
  const input = 'extern "C" int LLVMFuzzerTestOneInput(const unsigned char*, unsigned long) { return 0; }';
  const args = ['-fsanitize=fuzzer,address', '-x', 'c++', '-', '-o', '/dev/null'];
  if (spawnSync(compiler, args, { input }).status === 0) return undefined;
  return `this clang has no libFuzzer: apt-get install libclang-rt-${/version (\d+)/.exec(version)?.[1]}-dev`;
}

function writeReport(file) {
  const path = resolve(file);
  mkdirSync(dirname(path), { recursive: true });
  const report = {
    date: new Date().toISOString(),
    command: [
      'npm run fuzz --',
      ...process.argv.slice(2).map((arg) => (arg === file ? relative(root, path) : arg)),
    ].join(' '),
    compiler: version,
    sanitizers: ['address', 'undefined', 'leak'],
    machine: { cpu: cpus()[0]?.model.trim(), threads: cpus().length },
    seconds: results.reduce((sum, { seconds = 0 }) => sum + seconds, 0),
    targets: results,
  };
  writeFileSync(path, `${JSON.stringify(report, undefined, 2)}\n`);
}

function readArguments() {
  try {
    const parsed = parseArgs({
      allowPositionals: true,
      options: {
        seconds: { type: 'string', default: '60' },
        jobs: { type: 'string', default: '1' },
        keep: { type: 'boolean', default: false },
        json: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    });
    if (parsed.values.help) {
      console.log(usage);
      process.exit(0);
    }
    const unknown = parsed.positionals.find((name) => !fuzzTargets.some((target) => target.name === name));
    if (unknown !== undefined) throw new Error(`There is no target ${unknown}.`);
    for (const name of ['seconds', 'jobs']) {
      if (!/^[1-9]\d*$/.test(parsed.values[name]))
        throw new Error(`--${name} must be a whole number above 0.`);
    }
    return parsed;
  } catch (error) {
    console.error(`${error.message}\n\n${usage}`);
    process.exit(2);
  }
}
