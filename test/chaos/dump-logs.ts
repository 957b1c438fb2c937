import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createGzip } from 'node:zlib';
import { java, kafkaClassPath, testedKafka } from '../helpers/kafka-jars.ts';
import { partitionsOf } from './log-segments.ts';

const COMMAND = 'kafka.tools.DumpLogSegments';
const decoders: Readonly<Record<string, string>> = {
  __consumer_offsets: '--offsets-decoder',
  __transaction_state: '--transaction-log-decoder',
};

/** What Kafka's own tool makes of these topics, one compressed file for each broker and topic. */
export async function dumpLogs(
  folder: string,
  logDirs: readonly string[],
  topics: readonly string[],
): Promise<void> {
  for (const [i, logDir] of logDirs.entries())
    for (const topic of topics) await dump(logDir, topic, join(folder, `broker-${i + 1}-${topic}.txt.gz`));
}

async function dump(logDir: string, topic: string, path: string): Promise<void> {
  const files = partitionsOf(logDir, topic).flatMap((partition) => {
    const partitionFolder = join(logDir, `${topic}-${partition}`);
    const segments = readdirSync(partitionFolder).filter((name) => name.endsWith('.log'));
    return segments.sort().map((name) => join(partitionFolder, name));
  });
  if (files.length === 0) return;
  const options = ['-Xmx256m', '-XX:TieredStopAtLevel=1', '-cp', kafkaClassPath(testedKafka), COMMAND];
  const child = spawn(java, [...options, decoders[topic] as string, '--files', files.join(',')], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const file = child.stdout.pipe(createGzip()).pipe(createWriteStream(path));
  await once(file, 'close');
}
