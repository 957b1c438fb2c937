/**
 * The native core beside its peers, each on one thread:
 * `npm run bench:native -- [TOKENIZER_JSON]… [--rounds N] [--texts N] [--data DIR] [--json FILE]`.
 *
 * In each round everyone takes a turn; a figure is the median over the rounds, in processor time, so that what
 * else the machine does counts less. Peers that cannot be fetched are left out.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { createCorpus } from '../src/corpus/corpus.ts';
import { KubesentimentError } from '../src/errors.ts';
import { root } from '../test/helpers/paths.ts';
import { measureAddon, measureJs, requestsOf } from './lib/native-edge.ts';
import { measurePython, peerVersions, prepareJs, preparePython } from './lib/native-peers.ts';
import { report, runTool, say } from './lib/report.ts';
import { median, rounded } from './lib/statistics.ts';

const { round } = Math;
const shippedTokenizer = join(root, 'models/accurate/tokenizer.json');

/** What core_bench.cc prints. */
interface Core {
  readonly cpu_path: string;
  readonly texts: number;
  readonly bytes: number;
  readonly tokens: number;
  readonly load_ns: number;
  readonly tokenizer_file_bytes: number;
  readonly vocabulary_bytes: number;
  readonly tokenize_ns: number;
  readonly parse_ns: number;
  readonly decode_ns: number;
  readonly hostile: Readonly<Record<string, number>>;
}

await runTool(async (argv) => {
  const { values, positionals } = readArguments(argv);
  const rounds = Number(values.rounds);
  const count = Number(values.texts);
  const folder = mkdtempSync(join(tmpdir(), 'kubesentiment-bench-'));
  try {
    const sets = textSets(count, values.data);
    const program = compileCore();
    const python = preparePython();
    const details: Record<string, unknown> = {};
    const figures: Record<string, number | string> = {};
    for (const tokenizer of positionals.length > 0 ? positionals : [shippedTokenizer]) {
      for (const [set, texts] of Object.entries(sets)) {
        say(`${relative(root, tokenizer)} over ${texts.length} texts of ${set}, ${rounds} rounds.`);
        const path = join(folder, `${set}.txt`);
        writeFileSync(path, texts.map((text) => `${text}\n`).join(''));
        const measured = measure({ program, python, tokenizer, path, texts, rounds });
        details[`${nameOf(tokenizer)}_${set}`] = measured;
        for (const [key, value] of Object.entries(measured)) {
          if (typeof value === 'number') figures[`${nameOf(tokenizer)}_${set}_${key}`] = value;
        }
      }
    }
    report('bench:native', argv, values.json, figures, { peers: peerVersions, rounds, details });
    return true;
  } finally {
    rmSync(folder, { recursive: true });
  }
});

interface Job {
  readonly program: string;
  readonly python: string | undefined;
  readonly tokenizer: string;
  readonly path: string;
  readonly texts: readonly string[];
  readonly rounds: number;
}

function measure(job: Job): Record<string, unknown> {
  const { texts, tokenizer } = job;
  const file = readFileSync(tokenizer);
  const vocabulary = join(dirname(tokenizer), 'vocab.txt');
  const js = prepareJs(JSON.parse(file.toString()));
  const requests = requestsOf(texts);
  const cores: Core[] = [];
  const samples: Record<string, number[]> = {};
  const add = (name: string, perSecond: number) => {
    samples[name] = [...(samples[name] ?? []), perSecond];
  };
  for (let i = 0; i < job.rounds; i++) {
    const core = runCore(job);
    cores.push(core);
    add('texts_per_second', (texts.length / core.tokenize_ns) * 1e9);
    add('tokens_per_second', (core.tokens / core.tokenize_ns) * 1e9);
    add('core_messages_per_second', (texts.length / core.decode_ns) * 1e9);
    add('core_parsed_messages_per_second', (texts.length / core.parse_ns) * 1e9);
    add('load_ms', core.load_ns / 1e6);
    if (job.python !== undefined) {
      const passes = measurePython(
        job.python,
        tokenizer,
        existsSync(vocabulary) ? vocabulary : '-',
        job.path,
      );
      for (const [name, pass] of Object.entries(passes)) {
        add(`${name}_texts_per_second`, texts.length / pass.seconds);
        samples[`${name}_tokens`] = [pass.tokens];
      }
    }
    add('addon_messages_per_second', measureAddon(tokenizer, requests));
    if (js !== undefined) add('js_messages_per_second', measureJs(js, requests.slice(0, 4_000)));
  }
  return summary(samples, cores, requests);
}

function summary(
  samples: Readonly<Record<string, number[]>>,
  cores: readonly Core[],
  requests: readonly Buffer[],
): Record<string, unknown> {
  const medians: Record<string, number> = {};
  for (const [name, values] of Object.entries(samples)) {
    const value = median(values);
    medians[name] = value > 1000 ? round(value) : rounded(value, 2);
  }
  const core = cores[0] as Core;
  const times = (ours: number | undefined, theirs: number | undefined) =>
    ours === undefined || theirs === undefined ? undefined : rounded(ours / theirs, 1);
  const hostile = Object.fromEntries(
    Object.keys(core.hostile).map((name) => [
      name,
      rounded(median(cores.map((each) => each.hostile[name] ?? 0)), 2),
    ]),
  );
  return {
    cpu_path: core.cpu_path,
    ...medians,
    times_tokenizers: times(medians['texts_per_second'], medians['tokenizers_texts_per_second']),
    times_flash_tokenizer: times(medians['texts_per_second'], medians['flash_tokenizer_texts_per_second']),
    times_js: times(medians['addon_messages_per_second'], medians['js_messages_per_second']),
    bytes_per_text: rounded(core.bytes / core.texts, 1),
    tokens: core.tokens,
    bytes_per_request: rounded(requests.reduce((sum, { length }) => sum + length, 0) / requests.length, 1),
    vocabulary_times_file: rounded(core.vocabulary_bytes / core.tokenizer_file_bytes, 2),
    slowest_hostile_times: Math.max(...Object.values(hostile)),
    hostile_times_normal: hostile,
  };
}

function runCore({ program, tokenizer, path }: Job): Core {
  const { status, stdout, stderr } = spawnSync(program, [tokenizer, path, '5'], { encoding: 'utf8' });
  if (status !== 0) throw new KubesentimentError('KS_STATE', `core_bench failed: ${stderr.trim()}`);
  return JSON.parse(stdout) as Core;
}

function compileCore(): string {
  say('Compiling the core with its benchmark.');
  const script = join(root, 'scripts/build-native.mjs');
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, '--bench'], { encoding: 'utf8' });
  if (status !== 0) throw new KubesentimentError('KS_STATE', `core_bench cannot be built: ${stderr.trim()}`);
  return stdout.trim().split('\n').at(-1) as string;
}

/** Sentences of SST-2 where they are at hand, else made-up ones; and made-up posts. */
function textSets(count: number, data: string | undefined): Record<string, string[]> {
  const path = join(data ?? join(root, '../shared/data/sst2'), 'train.tsv');
  const madeUp = (style: 'sst2' | 'tweets') => {
    const corpus = createCorpus({ seed: 1, style });
    return Array.from({ length: count }, () => corpus.next().replaceAll('\n', ' '));
  };
  if (!existsSync(path)) return { like_sst2: madeUp('sst2'), like_tweets: madeUp('tweets') };
  const lines = readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .slice(1, count + 1);
  return { sst2: lines.map((line) => line.split('\t')[0] as string), like_tweets: madeUp('tweets') };
}

/** `accurate` for models/accurate/tokenizer.json, `byte_bpe` for byte-bpe.json. */
function nameOf(tokenizer: string): string {
  const file = basename(tokenizer, '.json');
  return (file === 'tokenizer' ? basename(dirname(tokenizer)) : file).replaceAll('-', '_');
}

function readArguments(argv: readonly string[]) {
  try {
    const parsed = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        rounds: { type: 'string', default: '7' },
        texts: { type: 'string', default: '10000' },
        data: { type: 'string' },
        json: { type: 'string' },
      },
    });
    for (const name of ['rounds', 'texts'] as const) {
      if (!/^[1-9]\d*$/.test(parsed.values[name]))
        throw new Error(`--${name} must be a whole number above 0`);
    }
    return parsed;
  } catch (cause) {
    throw new KubesentimentError('KS_USAGE', `${(cause as Error).message}.`, { cause });
  }
}
