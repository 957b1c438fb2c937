import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve, sep } from 'node:path';
import { KubesentimentError } from '../../errors.ts';

export const kafkaVersion = '4.1.0';

const JAVA_VERSION_MIN = 17;
const COPY_DEPENDENCIES = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';
const POM = `<?xml version="1.0" encoding="UTF-8"?>
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>kubesentiment.local</groupId>
  <artifactId>kafka</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    ${dependency('org.apache.kafka', 'kafka_2.13', kafkaVersion)}
    ${dependency('org.apache.kafka', 'kafka-tools', kafkaVersion)}
    ${dependency('org.slf4j', 'slf4j-simple', '1.7.36')}
  </dependencies>
</project>
`;

const packageRoot = resolve(import.meta.dirname, '../../../..');
// In a checkout beside everything else that is fetched; an installed package may not be writable.
const isInstalled = packageRoot.includes(`${sep}node_modules${sep}`);
const cache = isInstalled ? join(homedir(), '.cache/kubesentiment') : join(packageRoot, '.cache');
const folder = join(cache, 'kafka', kafkaVersion);

/** The `java` to run Kafka with. `javaHome`: what the environment variable JAVA_HOME says. */
export function javaOf(javaHome: string | undefined): string {
  return javaHome ? join(javaHome, 'bin/java') : 'java';
}

/** Why no broker can be started here: one sentence without its full stop; undefined when it can. */
export function whyNoBroker(java: string): string | undefined {
  const version = spawnSync(java, ['-version'], { encoding: 'utf8' });
  if (version.status !== 0) return `Java ${JAVA_VERSION_MIN} or later is not installed`;
  const major = Number(/version "(\d+)/.exec(version.stderr)?.[1]);
  if (!(major >= JAVA_VERSION_MIN))
    return `Java ${JAVA_VERSION_MIN} or later is needed, this is Java ${major}`;
  if (!existsSync(folder) && spawnSync('mvn', ['--version']).status !== 0) return 'Maven is not installed';
  return undefined;
}

/** The class path of Kafka; fetched from Maven Central once (54 MB) and kept. KS_LOCAL_BROKER. */
export function kafkaClassPath(): string {
  if (!existsSync(folder)) fetchJars();
  return join(folder, '*');
}

function fetchJars(): void {
  process.stderr.write(`… fetching Apache Kafka ${kafkaVersion} from Maven Central (54 MB, once)\n`);
  const partial = `${folder}.${process.pid}`;
  const pom = `${partial}.xml`;
  mkdirSync(dirname(folder), { recursive: true });
  writeFileSync(pom, POM);
  const { status, stdout, stderr, error } = spawnSync(
    'mvn',
    [
      '--batch-mode',
      '--quiet',
      '--file',
      pom,
      COPY_DEPENDENCIES,
      `-DoutputDirectory=${partial}`,
      '-DincludeScope=runtime',
    ],
    { encoding: 'utf8' },
  );
  rmSync(pom, { force: true });
  if (status !== 0) {
    rmSync(partial, { recursive: true, force: true });
    const lines = error ? [error.message] : `${stdout}${stderr}`.trim().split('\n').slice(0, 8);
    throw new KubesentimentError(
      'KS_LOCAL_BROKER',
      `Maven could not fetch Apache Kafka ${kafkaVersion}:\n${lines.join('\n')}`,
    );
  }
  // A folder that exists is complete, also when two processes fetch at once.
  if (existsSync(folder)) rmSync(partial, { recursive: true });
  else renameSync(partial, folder);
}

function dependency(group: string, artifact: string, version: string): string {
  const tags = { groupId: group, artifactId: artifact, version };
  const text = Object.entries(tags).map(([name, value]) => `<${name}>${value}</${name}>`);
  return `<dependency>${text.join('')}</dependency>`;
}
