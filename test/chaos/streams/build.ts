/**
 * Fetches Kafka Streams, compiles `ReadProcessWrite.java` and prints the command that runs it, for `--command` of the
 * chaos harness.
 */
import { spawnSync } from 'node:child_process';
import { join, relative } from 'node:path';
import { classPathOf, java, KAFKA_VERSION, SLF4J_VERSION } from '../../helpers/kafka-jars.ts';
import { root } from '../../helpers/paths.ts';

/** For a process that lives for a minute, beside others. */
const javaOptions = [
  '-Xmx192m',
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  '-Dorg.slf4j.simpleLogger.showDateTime=true',
];

process.exitCode = main();

function main(): number {
  const folder = join(root, '.cache/kafka-streams', KAFKA_VERSION);
  const jars = classPathOf({
    name: `Kafka Streams ${KAFKA_VERSION}`,
    size: '95 MB',
    folder,
    artifacts: [
      ['org.apache.kafka', 'kafka-streams', KAFKA_VERSION],
      ['org.slf4j', 'slf4j-simple', SLF4J_VERSION],
    ],
  });
  const classes = `${folder}-classes`;
  const source = join(root, 'test/chaos/streams/ReadProcessWrite.java');
  const { status } = spawnSync(`${java}c`, ['-cp', jars, '-d', classes, source], { stdio: 'inherit' });
  if (status !== 0) return 1;
  const classPath = [classes, jars].map((path) => relative(process.cwd(), path)).join(':');
  console.log([java, ...javaOptions, '-cp', `'${classPath}'`, 'ReadProcessWrite'].join(' '));
  return 0;
}
