/**
 * Whether memory stays flat while a large backlog runs through. See README.md, "Memory".
 *
 * One consumer with a null model reads the whole topic, so messages pass as fast as they ever will.
 */
import { uniqueName } from '../test/helpers/kafka-broker.ts';
import { consumeCommand, readResult } from './lib/consume-command.ts';
import { measureRun } from './lib/measured-run.ts';
import { measuredBroker } from './lib/measured-broker.ts';
import { readOptions } from './lib/options.ts';
import { report, runBenchmark, say } from './lib/report.ts';
import { median } from './lib/statistics.ts';
import { benchmarkTexts, fillTopic } from './lib/topics.ts';

const TOPIC = uniqueName('bench-requests');

await runBenchmark(async (argv) => {
  const options = readOptions(argv, { messages: 2_000_000 });
  const { messages, partitions } = options;
  const broker = await measuredBroker();
  const settings = {
    'kafka.bootstrap_servers': broker.bootstrapServers,
    'kafka.topic': TOPIC,
    'model.path': options.model ?? 'null',
  };
  try {
    say(`Filling a topic with ${messages} requests.`);
    await fillTopic(broker, TOPIC, partitions, benchmarkTexts(messages));
    const run = await measureRun({
      ...{ broker, topic: TOPIC, messages, partitions, readResult, span: 'steady' },
      command: (names) => consumeCommand(settings, names, options.set),
    });
    const { rss_bytes_by_tenth: tenths, rss_peak_bytes, tps, lost, doubled } = run;
    // The first tenths fill the buffers; from then on the level must stay.
    const early = median(tenths.slice(2, 5));
    const late = median(tenths.slice(7, 10));
    const figures = { tps, rss_peak_bytes, rss_early_bytes: early, rss_late_bytes: late, lost, doubled };
    report('bench:memory', argv, options.json, figures, { messages, partitions, settings: options.set, run });
  } finally {
    await broker.stop();
  }
});
