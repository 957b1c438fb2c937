import { spawnSync } from 'node:child_process';
import { java, kafkaClassPath, testedKafka } from '../helpers/kafka-jars.ts';

const COMMAND = 'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand';
const TIMEOUT_MS = 60_000;

/** What the broker knows of a group that stands still: who has which partitions, and who should have them. */
export function describeGroup(bootstrapServers: string, group: string): string {
  const describe = (...more: string[]): string => {
    const options = ['--bootstrap-server', bootstrapServers, '--describe', '--group', group, ...more];
    const { stdout, stderr } = spawnSync(java, ['-cp', kafkaClassPath(testedKafka), COMMAND, ...options], {
      encoding: 'utf8',
      timeout: TIMEOUT_MS,
    });
    return stdout.trim() || stderr.trim();
  };
  return [describe('--state', '--verbose'), describe('--verbose'), describe('--members', '--verbose')].join(
    '\n\n',
  );
}
