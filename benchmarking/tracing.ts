/**
 * What tracing costs: the service without it, and with every poll, batch and transaction sampled, take turns on the
 * same topic. Each request has a `traceparent` of its own, which is the most there can be to link. See README.md,
 * "Tracing".
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { uniqueName } from '../test/helpers/kafka-broker.ts';
import { consumeCommand, readResult } from './lib/consume-command.ts';
import { measuredBroker } from './lib/measured-broker.ts';
import { type MeasuredRun, measureRun } from './lib/measured-run.ts';
import { readOptions } from './lib/options.ts';
import { report, runBenchmark } from './lib/report.ts';
import { figuresOf, sideBySide } from './lib/side-by-side.ts';
import { benchmarkTexts, fillTopic } from './lib/topics.ts';

await runBenchmark(async (argv) => {
  const options = readOptions(argv, { messages: 150_000 });
  const { messages, partitions, rounds } = options;
  const broker = await measuredBroker();
  const collector = await startCollector();
  const topic = uniqueName('bench-requests');
  const common: Record<string, string> = {
    'kafka.bootstrap_servers': broker.bootstrapServers,
    'kafka.topic': topic,
    ...(options.model === undefined ? {} : { 'model.path': options.model }),
  };
  const traced = { 'tracing.exporter': 'otlp', 'tracing.endpoint': collector.url };
  const measure = (isTraced: boolean): Promise<MeasuredRun> => {
    const settings = { ...common, ...(isTraced ? traced : {}) };
    return measureRun({
      ...{ broker, topic, messages, partitions, readResult, span: 'steady' },
      command: (names) => consumeCommand(settings, names, options.set),
    });
  };
  try {
    await fillTopic(broker, topic, partitions, benchmarkTexts(messages), (number) => [
      { traceparent: `00-${String(number + 1).padStart(32, '0')}-00f067aa0ba902b7-01` },
    ]);
    const runs = await sideBySide(rounds, 'with tracing', measure);
    const figures = { ...figuresOf(runs, 'traced'), exports: collector.exports(), bytes: collector.bytes() };
    report('bench:tracing', argv, options.json, figures, {
      ...{ messages, partitions, settings: options.set },
      plain: { rounds: runs.plain },
      traced: { rounds: runs.other },
    });
  } finally {
    await broker.stop();
    collector.close();
  }
});

/** Takes spans and throws them away. */
async function startCollector() {
  let exports_ = 0;
  let bytes = 0;
  const server = createServer((request, response) => {
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    });
    request.on('end', () => {
      exports_++;
      response.end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`,
    exports: () => exports_,
    bytes: () => bytes,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
