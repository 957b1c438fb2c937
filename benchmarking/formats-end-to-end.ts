/**
 * The whole service with requests, and results, in Avro beside the same in JSON:
 * `npm run bench:formats-end-to-end -- [--messages N] [--rounds N] [--json FILE]`. See README.md, "Formats".
 *
 * In every round each takes a turn, on a topic with the same texts; ratios are the medians of those within the rounds.
 */
import avro from 'avsc';
import { resultSchemas } from '../src/registry/result-schemas.ts';
import { uniqueName } from '../test/helpers/kafka-broker.ts';
import { produceAll } from '../test/helpers/kafka-client.ts';
import { startRegistry } from '../test/helpers/schema-registry.ts';
import { consumeCommand, type RunNames, readResult } from './lib/consume-command.ts';
import { type MeasuredRun, measureRun } from './lib/measured-run.ts';
import { type MeasuredBroker, measuredBroker } from './lib/measured-broker.ts';
import { type BenchmarkOptions, readOptions } from './lib/options.ts';
import { report, runBenchmark, say } from './lib/report.ts';
import { FRAME, type RequestFormat, requestFormats } from './lib/request-formats.ts';
import { median, rounded } from './lib/statistics.ts';
import { benchmarkTexts, type ResultFacts } from './lib/topics.ts';

const CHUNK = 20_000;
const SENT_AT_MS = 1_790_000_000_123;
const variants = ['json', 'avro_requests', 'avro_both'] as const;
type Variant = (typeof variants)[number];

const resultType = avro.Type.forSchema(JSON.parse(resultSchemas.avro.text));

await runBenchmark(async (argv) => {
  const options = readOptions(argv, { messages: 200_000 });
  const broker = await measuredBroker();
  const registry = await startRegistry();
  try {
    const { type, text } = (requestFormats['avro'] as RequestFormat).schema as { type: 'AVRO'; text: string };
    const id = await registry.register('requests-value', type, text);
    const topics = { json: uniqueName('bench-json'), avro: uniqueName('bench-avro') };
    say(`Filling two topics with ${options.messages} requests each.`);
    await fill(broker, topics.json, 'json', options);
    await fill(broker, topics.avro, 'avro', options, id);
    const runs: Record<Variant, MeasuredRun[]> = { json: [], avro_requests: [], avro_both: [] };
    for (let round = 1; round <= options.rounds; round++) {
      for (const variant of variants) {
        const run = await measure(variant, broker, topics, registry.url, options);
        runs[variant].push(run);
        say(`Round ${round}: ${variant} ${run.tps} messages/s at ${run.cpu_us_per_message} µs.`);
      }
    }
    const { messages, partitions, set } = options;
    const details = { messages, partitions, settings: set, runs };
    report('bench:formats-end-to-end', argv, options.json, summarize(runs), details);
  } finally {
    await registry.stop();
    await broker.stop();
  }
});

async function fill(
  broker: MeasuredBroker,
  topic: string,
  format: 'json' | 'avro',
  { messages, partitions }: BenchmarkOptions,
  schemaId?: number,
): Promise<void> {
  await broker.createTopic(topic, partitions);
  const write = requestFormats[format]?.write as (request: object) => Buffer;
  const texts = benchmarkTexts(messages);
  for (let start = 0; start < messages; start += CHUNK) {
    const records = texts.slice(start, start + CHUNK).map((text, i) => {
      const number = start + i;
      const value = write({ id: `r${number}`, text, timestamp: SENT_AT_MS, source: 'app' });
      if (schemaId !== undefined) value.writeUInt32BE(schemaId, FRAME.length - 4);
      return { value, partition: number % partitions };
    });
    await produceAll(broker.bootstrapServers, topic, records);
  }
}

function measure(
  variant: Variant,
  broker: MeasuredBroker,
  topics: { readonly json: string; readonly avro: string },
  registry: string,
  { messages, partitions, set, model }: BenchmarkOptions,
): Promise<MeasuredRun> {
  const topic = variant === 'json' ? topics.json : topics.avro;
  const settings = {
    'kafka.bootstrap_servers': broker.bootstrapServers,
    'kafka.topic': topic,
    ...(model === undefined ? {} : { 'model.path': model }),
    ...(variant === 'json' ? {} : { 'request.format': 'avro', 'schema_registry.url': registry }),
    ...(variant === 'avro_both' ? { 'result.format': 'avro' } : {}),
  };
  return measureRun({
    ...{ broker, topic, messages, partitions, span: 'steady' },
    readResult: variant === 'avro_both' ? readAvroResult : readResult,
    command: (names: RunNames) => consumeCommand(settings, names, set),
  });
}

function readAvroResult(value: Buffer): ResultFacts {
  const result = resultType.fromBuffer(value.subarray(FRAME.length)) as {
    readonly id: string;
    readonly processed_at: number;
    readonly latency_ms: number;
  };
  return { id: result.id, takenAtMs: result.processed_at - result.latency_ms };
}

function summarize(runs: Readonly<Record<Variant, readonly MeasuredRun[]>>) {
  const figures: Record<string, number> = {};
  for (const variant of variants) {
    const of = (key: 'tps' | 'cpu_us_per_message') => median(runs[variant].map((run) => run[key]));
    const toJson = (key: 'tps' | 'cpu_us_per_message') =>
      median(runs[variant].map((run, i) => run[key] / (runs.json[i] as MeasuredRun)[key]));
    figures[`${variant}_tps`] = of('tps');
    figures[`${variant}_cpu_us_per_message`] = of('cpu_us_per_message');
    if (variant === 'json') continue;
    figures[`${variant}_tps_to_json`] = rounded(toJson('tps'), 4);
    figures[`${variant}_cpu_to_json`] = rounded(toJson('cpu_us_per_message'), 4);
  }
  const all = Object.values(runs).flat();
  figures['lost'] = all.reduce((sum, { lost }) => sum + lost, 0);
  figures['doubled'] = all.reduce((sum, { doubled }) => sum + doubled, 0);
  return figures;
}
