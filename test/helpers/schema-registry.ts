/** A real schema registry: Apicurio in memory, with the API of Confluent's. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import avro from 'avsc';
import protobuf from 'protobufjs';
import { freePort } from './free-port.ts';
import { brokerAvailability, java } from './kafka-jars.ts';
import { root as projectRoot } from './paths.ts';

const VERSION = '2.6.13.Final';
const ARTIFACT = `io.apicurio:apicurio-registry-app:${VERSION}:tar.gz:all`;
const UNPACK = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy';
const START_MS_MAX = 180_000;
const folder = join(projectRoot, '.cache/apicurio', VERSION);

/** For `test(name, { skip: noRegistry }, …)`: what a broker needs, the registry needs, too. */
export const noRegistry: string | false = whyNot();

export interface SchemaReference {
  readonly name: string;
  readonly subject: string;
  readonly version: number;
}

export interface TestRegistry {
  /** For `schema_registry.url`. */
  readonly url: string;
  /** Returns the id. */
  register(
    subject: string,
    type: 'AVRO' | 'PROTOBUF' | 'JSON',
    schema: string,
    references?: readonly SchemaReference[],
  ): Promise<number>;
  /** SIGSTOP: it has no answer until SIGCONT. */
  signal(name: 'SIGSTOP' | 'SIGCONT'): void;
  stop(): Promise<void>;
}

/** A value as the serializers of a registry write it. */
export function framed(id: number, payload: Uint8Array): Buffer {
  const frame = Buffer.alloc(5);
  frame.writeUInt32BE(id, 1);
  return Buffer.concat([frame, payload]);
}

export async function getJson<T>(url: string): Promise<T> {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url} answers with status ${answer.status}.`);
  return (await answer.json()) as T;
}

/** As the deserializers of every language do: the id in the frame says which schema it is. */
export async function decodeFramed(
  { url }: Pick<TestRegistry, 'url'>,
  value: Buffer,
): Promise<Record<string, unknown>> {
  if (value[0] !== 0) throw new Error('The value has no frame.');
  const { schema, schemaType = 'AVRO' } = await getJson<{ schema: string; schemaType?: string }>(
    `${url}/schemas/ids/${value.readUInt32BE(1)}`,
  );
  const payload = value.subarray(5);
  if (schemaType === 'JSON') return JSON.parse(String(payload));
  if (schemaType === 'AVRO') {
    const { source, ...rest } = avro.Type.forSchema(JSON.parse(schema)).fromBuffer(payload);
    return { ...rest, source: { ...source } };
  }
  if (payload[0] !== 0) throw new Error('It is not the first message of its file.');
  const { root } = protobuf.parse(schema, { keepCase: true });
  const type = root.lookupType('kubesentiment.Result');
  return type.toObject(type.decode(payload.subarray(1)), { longs: Number, defaults: true });
}

const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** `port`: of one that was stopped; it has forgotten its schemas. */
export async function startRegistry(port?: number): Promise<TestRegistry> {
  const used = port ?? (await freePort());
  const args = ['-Xmx384m', '-XX:TieredStopAtLevel=1', `-Dquarkus.http.port=${used}`];
  const jar = join(folder, `apicurio-registry-app-${VERSION}-runner.jar`);
  const logFile = join(mkdtempSync(join(tmpdir(), 'registry-')), 'log');
  const log = openSync(logFile, 'w');
  const child = spawn(java, [...args, '-Dquarkus.http.host=127.0.0.1', '-jar', jar], {
    stdio: ['ignore', log, log],
  });
  child.unref(); // a program that forgets it ends all the same
  running.add(child);
  const url = `http://127.0.0.1:${used}/apis/ccompat/v7`;
  const deadline = performance.now() + START_MS_MAX;
  while (!(await answers(`${url}/subjects`))) {
    if (child.exitCode !== null || performance.now() > deadline)
      throw new Error(`The schema registry has not started:\n${readFileSync(logFile, 'utf8')}`);
    await sleep(100);
  }
  return {
    url,
    register: (subject, type, schema, references = []) =>
      register(url, subject, { schemaType: type, schema, references }),
    signal: (name) => void child.kill(name),
    stop: async () => {
      const exited = new Promise((resolve) => child.once('exit', resolve));
      child.ref();
      child.kill('SIGKILL');
      await exited;
      running.delete(child);
      rmSync(dirname(logFile), { recursive: true });
    },
  };
}

async function register(url: string, subject: string, body: unknown): Promise<number> {
  const answer = await fetch(`${url}/subjects/${encodeURIComponent(subject)}/versions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`The registry refuses a schema: ${text}`);
  return (JSON.parse(text) as { id: number }).id;
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok;
  } catch {
    return false;
  }
}

function whyNot(): string | false {
  const { available, reason } = brokerAvailability();
  if (!available) return reason;
  if (existsSync(folder)) return false;
  const partial = mkdtempSync(join(tmpdir(), 'apicurio-'));
  try {
    process.stderr.write(`… fetching Apicurio Registry ${VERSION} from Maven Central (142 MB, once)\n`);
    const maven = [UNPACK, `-Dartifact=${ARTIFACT}`, `-DoutputDirectory=${partial}`];
    if (spawnSync('mvn', ['--batch-mode', '--quiet', ...maven]).status !== 0)
      return 'Maven could not fetch Apicurio Registry';
    const unpacked = `${folder}.${process.pid}`;
    mkdirSync(unpacked, { recursive: true });
    const archive = join(partial, `apicurio-registry-app-${VERSION}-all.tar.gz`);
    if (spawnSync('tar', ['xzf', archive, '-C', unpacked]).status !== 0)
      return 'tar could not unpack Apicurio Registry';
    mkdirSync(dirname(folder), { recursive: true });
    // A folder that exists is complete, also when two processes fetch at once.
    if (existsSync(folder)) rmSync(unpacked, { recursive: true });
    else renameSync(unpacked, folder);
    return false;
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
}
