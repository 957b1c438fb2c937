/**
 * What `model.cache_bytes` gains where texts come again. See README.md, "Cache".
 *
 * The service without a cache and the service with one take turns on the same topic.
 */
import { Random } from '../src/corpus/random.ts';
import { uniqueName } from '../test/helpers/kafka-broker.ts';
import { consumeCommand, readResult } from './lib/consume-command.ts';
import { measuredBroker } from './lib/measured-broker.ts';
import { type MeasuredRun, measureRun } from './lib/measured-run.ts';
import { readOptions } from './lib/options.ts';
import { report, runBenchmark, say } from './lib/report.ts';
import { figuresOf, sideBySide } from './lib/side-by-side.ts';
import { rounded } from './lib/statistics.ts';
import { benchmarkTexts, fillTopic } from './lib/topics.ts';

const SEED = 20_260;
/** This share of the messages has the text of an earlier one. */
const REPEATED = 0.5;
const CACHE_BYTES = 64 * 1024 * 1024;

await runBenchmark(async (argv) => {
  const options = readOptions(argv, { messages: 150_000 });
  const { messages, partitions, rounds } = options;
  const broker = await measuredBroker();
  const topic = uniqueName('bench-requests');
  const common: Record<string, string> = {
    'kafka.bootstrap_servers': broker.bootstrapServers,
    'kafka.topic': topic,
    ...(options.model === undefined ? {} : { 'model.path': options.model }),
  };
  const measure = (cacheBytes: number): Promise<MeasuredRun> => {
    const settings = { ...common, 'model.cache_bytes': String(cacheBytes) };
    return measureRun({
      ...{ broker, topic, messages, partitions, readResult, span: 'steady' },
      command: (names) => consumeCommand(settings, names, options.set),
    });
  };
  try {
    const texts = repeatingTexts(messages);
    const repeated = 1 - new Set(texts).size / texts.length;
    say(`Filling a topic with ${messages} requests, of which ${rounded(100 * repeated, 1)} % repeat a text.`);
    await fillTopic(broker, topic, partitions, texts);
    const runs = await sideBySide(rounds, 'with a cache', (isCached) => measure(isCached ? CACHE_BYTES : 0));
    const figures = { repeated: rounded(repeated, 4), ...figuresOf(runs, 'cached') };
    report('bench:cache', argv, options.json, figures, {
      ...{ messages, partitions, cache_bytes: CACHE_BYTES, settings: options.set },
      plain: { rounds: runs.plain },
      cached: { rounds: runs.other },
    });
  } finally {
    await broker.stop();
  }
});

/** Every message is a new text, or with even odds one of those before it, each as likely as any other. */
function repeatingTexts(count: number): string[] {
  const random = new Random(SEED);
  const texts = benchmarkTexts(count);
  for (let i = 1; i < count; i++)
    if (random.chance(REPEATED)) texts[i] = texts[random.between(0, i - 1)] as string;
  return texts;
}
