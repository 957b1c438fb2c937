/** A real schema registry: Apicurio in memory, with the API of Confluent's. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './free-port.ts';
import { brokerAvailability, java } from './kafka-jars.ts';
import { root } from './paths.ts';

const VERSION = '2.6.13.Final';
const ARTIFACT = `io.apicurio:apicurio-registry-app:${VERSION}:tar.gz:all`;
const UNPACK = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy';
const START_MS_MAX = 180_000;
const folder = join(root, '.cache/apicurio', VERSION);

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
  stop(): Promise<void>;
}

/** A value as the serializers of a registry write it. */
export function framed(id: number, payload: Uint8Array): Buffer {
  const frame = Buffer.alloc(5);
  frame.writeUInt32BE(id, 1);
  return Buffer.concat([frame, payload]);
}

const running = new Set<ChildProcess>();
after(() => {
  for (const child of running) child.kill('SIGKILL');
});

/** `port`: of one that was stopped; it has forgotten its schemas. */
export async function startRegistry(port?: number): Promise<TestRegistry> {
  const used = port ?? (await freePort());
  const args = ['-Xmx384m', '-XX:TieredStopAtLevel=1', `-Dquarkus.http.port=${used}`];
  const jar = join(folder, `apicurio-registry-app-${VERSION}-runner.jar`);
  const child = spawn(java, [...args, '-Dquarkus.http.host=127.0.0.1', '-jar', jar], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  let log = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (log += data));
  const url = `http://127.0.0.1:${used}/apis/ccompat/v7`;
  const deadline = performance.now() + START_MS_MAX;
  while (!(await answers(`${url}/subjects`))) {
    if (child.exitCode !== null || performance.now() > deadline)
      throw new Error(`The schema registry has not started:\n${log}`);
    await sleep(100);
  }
  return {
    url,
    register: (subject, type, schema, references = []) =>
      register(url, subject, { schemaType: type, schema, references }),
    stop: async () => {
      const exited = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await exited;
      running.delete(child);
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
