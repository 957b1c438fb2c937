import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve, sep } from 'node:path';
import { KubesentimentError } from '../../errors.ts';

/** What is started unless a caller wants another version. */
export const KAFKA_VERSION = '4.1.0';

/** A program and what it needs, from Maven Central. */
export interface JarSet {
  readonly name: string;
  readonly size: string;
  readonly folder: string;
  /** Group, artifact and version. */
  readonly artifacts: readonly (readonly [string, string, string])[];
}

export const SLF4J_VERSION = '1.7.36';

const JAVA_VERSION_MIN = 17;
const COPY_DEPENDENCIES = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';
const packageRoot = resolve(import.meta.dirname, '../../../..');
// In a checkout beside everything else that is fetched; an installed package may not be writable.
const isInstalled = packageRoot.includes(`${sep}node_modules${sep}`);
const cache = isInstalled ? join(homedir(), '.cache/kubesentiment') : join(packageRoot, '.cache');

/** The `java` to run Kafka with. `javaHome`: what the environment variable JAVA_HOME says. */
export function javaOf(javaHome: string | undefined): string {
  return javaHome ? join(javaHome, 'bin/java') : 'java';
}

/** Why no broker can be started here: one sentence without its full stop; undefined when it can. */
export function whyNoBroker(java: string, version = KAFKA_VERSION): string | undefined {
  const answer = spawnSync(java, ['-version'], { encoding: 'utf8' });
  if (answer.status !== 0) return `Java ${JAVA_VERSION_MIN} or later is not installed`;
  const major = Number(/version "(\d+)/.exec(answer.stderr)?.[1]);
  if (!(major >= JAVA_VERSION_MIN))
    return `Java ${JAVA_VERSION_MIN} or later is needed, this is Java ${major}`;
  if (!existsSync(brokerJars(version).folder) && spawnSync('mvn', ['--version']).status !== 0)
    return 'Maven is not installed';
  return undefined;
}

/** The class path of Kafka; fetched once and kept. KS_LOCAL_BROKER. */
export function kafkaClassPath(version = KAFKA_VERSION): string {
  return classPathOf(brokerJars(version));
}

/** The class path of these jars; fetched with Maven once and kept. KS_LOCAL_BROKER. */
export function classPathOf(jars: JarSet): string {
  if (!existsSync(jars.folder)) fetchJars(jars);
  return join(jars.folder, '*');
}

function brokerJars(version: string): JarSet {
  return {
    name: `Apache Kafka ${version}`,
    size: '54 MB',
    folder: join(cache, 'kafka', version),
    artifacts: [
      ['org.apache.kafka', 'kafka_2.13', version],
      ['org.apache.kafka', 'kafka-tools', version],
      ['org.slf4j', 'slf4j-simple', SLF4J_VERSION],
    ],
  };
}

function fetchJars({ name, size, folder, artifacts }: JarSet): void {
  process.stderr.write(`… fetching ${name} from Maven Central (${size}, once)\n`);
  const partial = `${folder}.${process.pid}`;
  const pom = `${partial}.xml`;
  mkdirSync(dirname(folder), { recursive: true });
  writeFileSync(pom, pomOf(artifacts));
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
    throw new KubesentimentError('KS_LOCAL_BROKER', `Maven could not fetch ${name}:\n${lines.join('\n')}`);
  }
  // A folder that exists is complete, also when two processes fetch at once.
  if (existsSync(folder)) rmSync(partial, { recursive: true });
  else renameSync(partial, folder);
}

function pomOf(artifacts: JarSet['artifacts']): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>kubesentiment.local</groupId>
  <artifactId>jars</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    ${artifacts.map(dependency).join('\n    ')}
  </dependencies>
</project>
`;
}

function dependency([groupId, artifactId, version]: readonly [string, string, string]): string {
  const text = Object.entries({ groupId, artifactId, version }).map(
    ([name, value]) => `<${name}>${value}</${name}>`,
  );
  // Kafka 3 brings its own, and the start of the broker is seen in what SLF4J's simplest one writes.
  const otherLog = '<groupId>org.slf4j</groupId><artifactId>slf4j-reload4j</artifactId>';
  const exclusions = `<exclusions><exclusion>${otherLog}</exclusion></exclusions>`;
  return `<dependency>${text.join('')}${exclusions}</dependency>`;
}
