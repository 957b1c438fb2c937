/** A cluster with access rights, a service whose user is not an administrator, and commands as README has them. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../helpers/free-port.ts';
import { type Broker, withRules, startBroker } from '../helpers/kafka-broker.ts';
import { produceAll, readAll } from '../helpers/kafka-client.ts';
import { root } from '../helpers/paths.ts';
import { type ServiceProcess, startCommand } from '../helpers/service-process.ts';

/** The names that a configuration has by default. */
export const topics = {
  requests: 'sentiment_requests',
  results: 'sentiment_results',
  deadLetters: 'sentiment_requests_dlq',
};
const PARTITIONS = 8;
const login = { user: 'kubesentiment', password: 'walk-password-4711' };
const TOKEN = 'break-it-on-purpose';
/** The machine may be busy; what is waited for comes or does not come. */
const WAIT_MS_MAX = 120_000;

export interface Said {
  readonly code: number;
  readonly text: string;
}

interface Why {
  readonly limit: string;
  readonly sentence: string;
  readonly remedy: string | null;
}

export class WalkScene {
  readonly broker: Broker;
  readonly folder: string;
  readonly #port: number;
  #service: ServiceProcess | undefined;
  #sent = 0;
  #hasEnded = false;

  private constructor(broker: Broker, folder: string, port: number) {
    [this.broker, this.folder, this.#port] = [broker, folder, port];
  }

  static async open(): Promise<WalkScene> {
    const folder = mkdtempSync(join(tmpdir(), 'kubesentiment-walk-'));
    mkdirSync(join(folder, 'configs'));
    cpSync(join(root, 'configs/kafka.yaml'), join(folder, 'configs/kafka.yaml'));
    cpSync(join(root, 'models/accurate'), join(folder, 'good-model'), { recursive: true });
    const broker = await startBroker({
      listeners: ['LOGIN'],
      properties: {
        'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,LOGIN:SASL_PLAINTEXT',
        'listener.name.login.sasl.enabled.mechanisms': 'PLAIN',
        'listener.name.login.plain.sasl.jaas.config':
          'org.apache.kafka.common.security.plain.PlainLoginModule required ' +
          `user_${login.user}="${login.password}";`,
        ...withRules,
        'super.users': 'User:ANONYMOUS',
        'controlled.shutdown.enable': 'false',
        // Lets a producer write into a partition without having told its coordinator.
        'transaction.partition.verification.enable': 'false',
      },
    });
    const scene = new WalkScene(broker, folder, await freePort());
    for (const topic of Object.values(topics)) await broker.createTopic(topic, PARTITIONS);
    scene.putModel('good-model');
    return scene;
  }

  async close(): Promise<void> {
    this.#service?.kill('SIGKILL');
    await this.broker.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  get server(): string {
    return this.broker.bootstrapServers;
  }

  log(): string {
    return this.#service?.log() ?? '';
  }

  /** As on the terminal of an administrator. Commands that never end are ended after they have said something. */
  run(line: string): Promise<Said> {
    const cli = `"${process.execPath}" "${join(root, 'bin/kubesentiment.cjs')}"`;
    const env = { ...process.env, ...this.#common(), KAFKA_BOOTSTRAP_SERVERS: this.server };
    return new Promise((resolve) => {
      const shell = spawn('sh', ['-c', line.replaceAll('npx kubesentiment', cli)], {
        cwd: this.folder,
        env,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let text = '';
      for (const stream of [shell.stdout, shell.stderr])
        stream.on('data', (chunk) => (text += String(chunk)));
      shell.on('close', (code) => resolve({ code: code ?? -1, text }));
    });
  }

  /** Each must end well. */
  async runAll(lines: readonly string[]): Promise<Said[]> {
    const all: Said[] = [];
    for (const line of lines) {
      const said = await this.run(line);
      assert.equal(said.code, 0, `${line}\n${said.text}`);
      all.push(said);
    }
    return all;
  }

  /** Resolves when it takes messages. */
  async start(more: Readonly<Record<string, string>> = {}): Promise<void> {
    this.#service = startCommand(['consume', '--config', join(this.folder, 'configs/kafka.yaml')], {
      ...this.#common(),
      KAFKA_BOOTSTRAP_SERVERS: this.broker.addressOf('LOGIN'),
      KAFKA_SECURITY_PROTOCOL: 'SASL_PLAINTEXT',
      KAFKA_ALLOW_INSECURE: 'true',
      KAFKA_SASL_MECHANISM: 'PLAIN',
      KAFKA_SASL_PLAIN_USERNAME: login.user,
      KAFKA_SASL_PLAIN_PASSWORD: login.password,
      KAFKA_CONSUMER_THREADS: '1',
      MODEL_MAX_THREADS: '1',
      // New partitions are noticed by then, otherwise within five minutes.
      KAFKA_LIBRDKAFKA: '{"topic.metadata.refresh.interval.ms":3000}',
      ...more,
    });
    const service = this.#service;
    this.#hasEnded = false;
    void service.exited.then(() => {
      this.#hasEnded = this.#service === service;
    });
    await this.until('ready', async () => (await this.get('/readyz')).status === 200);
  }

  async stop(): Promise<void> {
    this.#service?.kill('SIGTERM');
    assert.equal(await this.#service?.exited, 0, this.log());
    this.#service = undefined;
  }

  get(path: string): Promise<Response> {
    const headers = { authorization: `Bearer ${TOKEN}` };
    return fetch(`http://127.0.0.1:${this.#port}${path}`, { headers });
  }

  /** What `doctor --watch` and the page say, once the service names this limit. */
  async why(...limits: readonly string[]): Promise<Why> {
    let found: Why | undefined;
    await this.until(limits.join(' or '), async () => {
      found = (await (await this.get('/api/v1/monitoring/why')).json()) as Why;
      return limits.includes(found.limit);
    });
    return found as Why;
  }

  async notReady(check: string): Promise<void> {
    await this.until(`not ready: ${check}`, async () => {
      const answer = await this.get('/readyz');
      return answer.status === 503 && (await answer.text()).includes(`"${check}"`);
    });
  }

  async metric(pattern: RegExp): Promise<number> {
    return Number(pattern.exec(await (await this.get('/metrics')).text())?.[1]);
  }

  /** Sends good requests and returns their ids. */
  async send(count: number, partition?: number, text = 'A warm and funny film.'): Promise<string[]> {
    const ids = Array.from({ length: count }, () => `walk-${this.#sent++}`);
    const records = ids.map((id, i) => ({
      value: JSON.stringify({ id, text }),
      partition: partition ?? i % PARTITIONS,
    }));
    await produceAll(this.server, topics.requests, records);
    return ids;
  }

  /** Waits until each of them has a result, and nothing in the topic has two. */
  async answered(ids: readonly string[]): Promise<void> {
    await this.until(`answers to ${ids.length}`, async () => {
      const counts = new Map<string, number>();
      for (const { value } of await readAll(this.server, topics.results)) {
        const { id } = JSON.parse(String(value)) as { id: string };
        counts.set(id, (counts.get(id) ?? 0) + 1);
      }
      const doubled = [...counts].filter(([, count]) => count > 1).map(([id]) => id);
      assert.deepEqual(doubled, [], `answered more than once\n${this.log()}`);
      return ids.every((id) => counts.has(id));
    });
  }

  putModel(name: string): void {
    symlinkSync(join(this.folder, name), join(this.folder, 'model.new'));
    renameSync(join(this.folder, 'model.new'), join(this.folder, 'model'));
  }

  async until(what: string, isSo: () => Promise<boolean>): Promise<void> {
    const deadline = performance.now() + WAIT_MS_MAX;
    for (;;) {
      // The service may be about to listen.
      const found = await isSo().catch((error: unknown) => {
        if (error instanceof assert.AssertionError) throw error;
        return false;
      });
      if (found) return;
      if (this.#hasEnded) assert.fail(`The service has ended, before: ${what}\n${this.log()}`);
      if (performance.now() > deadline) {
        const why = await this.get('/api/v1/monitoring/why')
          .then((answer) => answer.text())
          .catch(String);
        assert.fail(`Not in time: ${what}. ${why}\n${this.log()}`);
      }
      await sleep(200);
    }
  }

  #common(): Record<string, string> {
    return { HTTP_PORT: String(this.#port), HTTP_TOKEN: TOKEN, MODEL_PATH: join(this.folder, 'model') };
  }
}
