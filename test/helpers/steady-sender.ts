/** Requests at a steady rate, evenly over the partitions, until it is told to stop. */
import { setTimeout as sleep } from 'node:timers/promises';
import Kafka from 'node-rdkafka';

const TIMEOUT_MS = 30_000;
const STEP_MS = 10;

export interface SteadyPlan {
  readonly server: string;
  readonly topic: string;
  readonly partitions: number;
  readonly perSecond: number;
  readonly text: (index: number) => string;
}

export class SteadySender {
  readonly #producer: Kafka.Producer;
  readonly #plan: SteadyPlan;
  #isOver = false;
  #sending: Promise<void> = Promise.resolve();
  sent = 0;

  private constructor(producer: Kafka.Producer, plan: SteadyPlan) {
    [this.#producer, this.#plan] = [producer, plan];
  }

  static async start(plan: SteadyPlan): Promise<SteadySender> {
    const producer = new Kafka.Producer({
      'bootstrap.servers': plan.server,
      log_level: 3,
      'enable.idempotence': true,
      'linger.ms': 5,
    });
    await call((done) => producer.connect({ timeout: TIMEOUT_MS }, done));
    const sender = new SteadySender(producer, plan);
    sender.#sending = sender.#send();
    return sender;
  }

  /** Resolves when everything is acknowledged, with the number of requests. */
  async stop(): Promise<number> {
    this.#isOver = true;
    await this.#sending;
    await call((done) => this.#producer.flush(TIMEOUT_MS, done));
    await call((done) => this.#producer.disconnect(() => done()));
    return this.sent;
  }

  /** What it was late with is made up for. */
  async #send(): Promise<void> {
    const { topic, partitions, perSecond, text } = this.#plan;
    const startedAt = performance.now();
    for (; !this.#isOver; await sleep(STEP_MS)) {
      const due = Math.floor(((performance.now() - startedAt) * perSecond) / 1_000);
      for (; this.sent < due; this.sent++) {
        const value = JSON.stringify({ id: `s-${this.sent}`, text: text(this.sent) });
        this.#producer.produce(topic, this.sent % partitions, Buffer.from(value), null, Date.now());
      }
      this.#producer.poll();
    }
  }
}

function call(start: (done: (error?: unknown) => void) => unknown): Promise<void> {
  return new Promise((resolve, reject) => start((error) => (error ? reject(error) : resolve())));
}
