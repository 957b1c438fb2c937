import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root } from './paths.ts';

const POM = join(root, 'test/helpers/kafka-pom.xml');
const JAVA_VERSION_MIN = 17;

/** The `java` to run Kafka with. */
export const java = process.env['JAVA_HOME'] ? join(process.env['JAVA_HOME'], 'bin/java') : 'java';

/** As named in kafka-pom.xml. */
export const kafkaVersion = /<kafka\.version>(.+)<\/kafka\.version>/.exec(
  readFileSync(POM, 'utf8'),
)?.[1] as string;

const folder = join(root, '.cache/kafka', kafkaVersion);

/** Whether a broker can be started here, and if not, why not: a sentence for the list of skipped tests. */
export function brokerAvailability(): { readonly available: boolean; readonly reason: string } {
  availability ??= checkAvailability();
  return { available: availability === '', reason: availability };
}
let availability: string | undefined;

function checkAvailability(): string {
  const told = process.env['KUBESENTIMENT_TEST_NO_BROKER'];
  if (told) return told;
  const version = spawnSync(java, ['-version'], { encoding: 'utf8' });
  if (version.status !== 0) return `Java ${JAVA_VERSION_MIN} or later is not installed`;
  const major = Number(/version "(\d+)/.exec(version.stderr)?.[1]);
  if (!(major >= JAVA_VERSION_MIN))
    return `Java ${JAVA_VERSION_MIN} or later is needed, this is Java ${major}`;
  if (!existsSync(folder) && spawnSync('mvn', ['--version']).status !== 0) return 'Maven is not installed';
  return '';
}

/** The class path of Kafka; fetched from Maven Central once (54 MB) and kept in .cache. */
export function kafkaClassPath(): string {
  if (!existsSync(folder)) fetchJars();
  return join(folder, '*');
}

function fetchJars(): void {
  process.stderr.write(`… fetching Apache Kafka ${kafkaVersion} from Maven Central (54 MB, once)\n`);
  const partial = `${folder}.${process.pid}`;
  mkdirSync(dirname(folder), { recursive: true });
  const { status, stdout, stderr, error } = spawnSync(
    'mvn',
    [
      '--batch-mode',
      '--quiet',
      '--file',
      POM,
      'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies',
      `-DoutputDirectory=${partial}`,
      '-DincludeScope=runtime',
    ],
    { encoding: 'utf8' },
  );
  if (status !== 0) {
    rmSync(partial, { recursive: true, force: true });
    const lines = error ? [error.message] : `${stdout}${stderr}`.trim().split('\n').slice(0, 8);
    throw new Error(`Maven could not fetch Apache Kafka ${kafkaVersion}:\n${lines.join('\n')}`);
  }
  // A folder that exists is complete, also when two processes fetch at once.
  if (existsSync(folder)) rmSync(partial, { recursive: true });
  else renameSync(partial, folder);
}
