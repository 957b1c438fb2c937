/**
 * What requests of each format cost on one thread, beside JavaScript libraries that only fetch the text:
 * `npm run bench:formats -- [--rounds N] [--requests N] [--json FILE]`.
 *
 * In each round everyone takes a turn; a figure is the median over the rounds, in processor time. `decode` is from
 * Buffers to rows of token ids; `reading_ns` is what that takes longer than with the text alone as the value, so what
 * it costs to find, check and unescape the fields.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createCorpus } from '../src/corpus/corpus.ts';
import { loadBinding } from '../src/decode/binding.ts';
import { Decoder } from '../src/decode/decoder.ts';
import { mappingOf } from '../src/decode/mapping.ts';
import { KubesentimentError } from '../src/errors.ts';
import { compileSchema } from '../src/registry/compile-schema.ts';
import { fieldTree } from '../src/registry/pointer-tree.ts';
import type { RequestShape } from '../src/request-shape.ts';
import { SlotTable } from '../src/slots.ts';
import { root } from '../test/helpers/paths.ts';
import { cpuSeconds } from './lib/native-edge.ts';
import { report, runTool, say } from './lib/report.ts';
import { FRAME, type PlainRequest, type RequestFormat, requestFormats } from './lib/request-formats.ts';
import { median, rounded } from './lib/statistics.ts';

const TEXT_BYTES = 200;
const BATCH = 1_000;
const MAX_TOKENS = 512;
const PASSES = 3;
const usual: RequestShape = {
  ...{ format: 'json', envelope: 'none', strict: false },
  ...{ text: ['/text'], id: '/id', timestamp: '/timestamp', priority: '' },
};
const result = { shape: 'record', member: '', include: {} } as const;

await runTool(async (argv) => {
  const { rounds, requests: count, json } = readArguments(argv);
  const requests = requestsOf(count);
  const rigs = await Promise.all(
    Object.entries(requestFormats).map(async ([name, format]) => {
      const values = requests.map((request) => ownBuffer(format.write(request)));
      return { name, format, values, decode: await decoderOf(format) };
    }),
  );
  const samples = new Map<string, number[]>();
  const add = (key: string, perSecond: number) => {
    samples.set(key, [...(samples.get(key) ?? []), perSecond]);
  };
  say(`${count} requests with texts of about ${TEXT_BYTES} bytes, ${rounds} rounds.`);
  for (let round = 0; round < rounds; round++) {
    for (const { name, format, values, decode } of rigs) {
      add(`${name}_decode`, perSecond(values, decode));
      add(
        `${name}_javascript`,
        perSecond(values, (some) => textsOf(some, format)),
      );
    }
  }
  const at = (key: string): number => median(samples.get(key) as number[]);
  const ns = (key: string): number[] => (samples.get(key) as number[]).map((rate) => 1e9 / rate);
  /** Within each round, since what else the machine does changes from one to the next. */
  const more = (key: string): number =>
    median(ns(key).map((each, i) => each - (ns('text_decode')[i] as number)));
  const figures: Record<string, number> = {};
  for (const { name, values } of rigs) {
    const bytes = values.reduce((sum, { length }) => sum + length, 0) / values.length;
    figures[`${name}_bytes`] = rounded(bytes, 0);
    figures[`${name}_decode_per_second`] = rounded(at(`${name}_decode`), 0);
    figures[`${name}_decode_to_json`] = rounded(at(`${name}_decode`) / at('json_decode'), 2);
    figures[`${name}_reading_ns`] = rounded(more(`${name}_decode`), 0);
    figures[`${name}_javascript_ns`] = rounded(median(ns(`${name}_javascript`)), 0);
  }
  report('bench:formats', argv, json, figures, { rounds, requests: count });
  return true;
});

/** In memory of its own, as librdkafka hands values out: where a writer put them must not be part of the figure. */
function ownBuffer(value: Buffer): Buffer {
  const own = Buffer.allocUnsafeSlow(value.length);
  value.copy(own);
  return own;
}

type Pass = (values: readonly Buffer[]) => number;

async function decoderOf(format: RequestFormat): Promise<Pass> {
  const request = { ...usual, ...format.request };
  const decoder = new Decoder({
    ...{ tokenizerPath: join(root, 'models/accurate/tokenizer.json'), table: new SlotTable(BATCH) },
    ...{ maxTokens: MAX_TOKENS, maxMessageBytes: 1 << 20, maxDepth: 64 },
    ...{ labels: ['NEGATIVE', 'POSITIVE'], modelName: 'model', modelVersion: '1' },
    mapping: mappingOf(request, result),
  });
  if (format.schema !== undefined) {
    const { schemaStatus } = loadBinding();
    const fields = fieldTree(request, result);
    const program = await compileSchema(format.schema, request.format, fields, schemaStatus);
    decoder.schemas().setSchema(FRAME, program.format, program.refusal, program.code, program.strings);
  }
  const slots = Int32Array.from({ length: BATCH }, (_, i) => i);
  return (values) => decoder.decode(values, slots, values.length);
}

function textsOf(values: readonly Buffer[], { textOf }: RequestFormat): number {
  let read = 0;
  for (const value of values) read += textOf(value).length > 0 ? 1 : 0;
  return read;
}

function perSecond(values: readonly Buffer[], pass: Pass): number {
  const batches = Array.from({ length: Math.ceil(values.length / BATCH) }, (_, i) =>
    values.slice(i * BATCH, (i + 1) * BATCH),
  );
  const all = () => batches.reduce((sum, batch) => sum + pass(batch), 0);
  if (all() !== values.length) throw new KubesentimentError('KS_STATE', 'A request could not be read.');
  const seconds = cpuSeconds(() => {
    for (let i = 0; i < PASSES; i++) all();
  });
  return (PASSES * values.length) / seconds;
}

function requestsOf(count: number): PlainRequest[] {
  const corpus = createCorpus({ seed: 1, style: 'tweets' });
  return Array.from({ length: count }, (_, i) => {
    let text = corpus.next();
    while (Buffer.byteLength(text) < TEXT_BYTES) text += ` ${corpus.next()}`;
    text = [...text].slice(0, TEXT_BYTES).join('');
    return { id: `req-${i}`, text, timestamp: 1_790_000_000_123, source: 'app' };
  });
}

function readArguments(argv: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        rounds: { type: 'string', default: '7' },
        requests: { type: 'string', default: '10000' },
        json: { type: 'string' },
      },
    });
    for (const name of ['rounds', 'requests'] as const) {
      if (!/^[1-9]\d*$/.test(values[name])) throw new Error(`--${name} must be a whole number above 0`);
    }
    return { rounds: Number(values.rounds), requests: Number(values.requests), json: values.json };
  } catch (error) {
    throw new KubesentimentError('KS_USAGE', `${(error as Error).message}.`, {
      remedy: 'npm run bench:formats -- [--rounds N] [--requests N] [--json FILE]',
    });
  }
}
