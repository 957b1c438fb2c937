/**
 * Fetches Kafka Streams, compiles `ReadProcessWrite.java` and prints the command that runs it, for `--command` of the
 * chaos harness.
 */
import { relative } from 'node:path';
import { compiledJava } from '../../helpers/java-program.ts';
import { java, KAFKA_VERSION, SLF4J_VERSION } from '../../helpers/kafka-jars.ts';

/** For a process that lives for a minute, beside others. */
const javaOptions = [
  '-Xmx192m',
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  '-Dorg.slf4j.simpleLogger.showDateTime=true',
];

const classPath = compiledJava({
  name: `Kafka Streams ${KAFKA_VERSION}`,
  size: '95 MB',
  sources: 'test/chaos/streams',
  folder: `.cache/kafka-streams/${KAFKA_VERSION}`,
  artifacts: [
    ['org.apache.kafka', 'kafka-streams', KAFKA_VERSION],
    ['org.slf4j', 'slf4j-simple', SLF4J_VERSION],
  ],
});
const fromHere = classPath
  .split(':')
  .map((path) => relative(process.cwd(), path))
  .join(':');
console.log([java, ...javaOptions, '-cp', `'${fromHere}'`, 'ReadProcessWrite'].join(' '));
