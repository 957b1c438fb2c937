import { setTimeout as sleep } from 'node:timers/promises';
import Kafka from 'node-rdkafka';
import { Random } from '../../src/corpus/random.ts';

export interface LoadOptions {
  readonly bootstrapServers: string;
  readonly topic: string;
  readonly partitions: number;
  readonly records: number;
  readonly perSecond: number;
  readonly seed: number;
  /** Share of messages that can never be processed. Default 0.01. */
  readonly badShare?: number;
  /** Other values than plain JSON. */
  readonly createValue?: (number: number) => Buffer;
  readonly badValues?: readonly (Buffer | null)[];
  /** Share of texts on which `makeFaultyModel` fails. Default 0. */
  readonly brokenShare?: number;
}

const BAD_SHARE = 0.01;
const STEP_MS = 50;
/** How often the producer asks for partitions that were added. */
const METADATA_STEP_MS = 500;

const plainBadValues: readonly (Buffer | null)[] = [
  Buffer.from('{"id":"broken'),
  Buffer.from('{"id":"no-text"}'),
  Buffer.from('{"text":42}'),
  Buffer.from('[]'),
  Buffer.from(''),
  Buffer.from([0xff, 0xfe, 0x00]),
  null,
];

/** Sends numbered requests at a steady rate, whatever happens to the broker meanwhile. */
export class Load {
  readonly #options: LoadOptions;
  readonly #random: Random;
  readonly #producer: Kafka.Producer;
  #partitions: number;
  #sent = 0;
  #allowed = 0;
  #isStopped = false;
  #unacknowledged = 0;
  #acknowledged = 0;
  #running: Promise<void> = Promise.resolve();

  constructor(options: LoadOptions) {
    this.#options = options;
    this.#random = new Random(options.seed);
    this.#partitions = options.partitions;
    this.#producer = new Kafka.Producer(
      {
        'bootstrap.servers': options.bootstrapServers,
        'enable.idempotence': true,
        'topic.metadata.refresh.interval.ms': 1_000,
        'linger.ms': 5,
        dr_cb: true,
        log_level: 0,
      },
      { 'message.timeout.ms': 0 },
    );
    this.#producer.on('event.error', () => undefined); // the broker is away from time to time
    this.#producer.on('delivery-report', (error) => {
      this.#unacknowledged--;
      if (!error) this.#acknowledged++;
    });
  }

  get sent(): number {
    return this.#sent;
  }

  /** Requests that are in the topic for certain. */
  get acknowledged(): number {
    return this.#acknowledged;
  }

  async start(): Promise<void> {
    await new Promise<void>((done, fail) => {
      this.#producer.connect({ timeout: 30_000 }, (error) => (error ? fail(error) : done()));
    });
    this.#producer.setPollInterval(50);
    this.#running = this.#run();
  }

  /** Lets this share of all requests out, 0…1: the load neither ends before the faults nor after them. */
  allow(share: number): void {
    this.#allowed = Math.round(share * this.#options.records);
  }

  /** Resolves when the producer knows the new partition, which takes as long as the brokers are away. */
  async addPartition(): Promise<void> {
    while ((await this.#countPartitions()) <= this.#partitions) await sleep(METADATA_STEP_MS);
    this.#partitions++;
  }

  sendBad(count: number): void {
    const { badValues = plainBadValues } = this.#options;
    for (let i = 0; i < count; i++) this.#send(this.#random.pick(badValues));
  }

  /** Resolves when everything has been sent and acknowledged. */
  async finish(): Promise<void> {
    this.allow(1);
    await this.#end();
  }

  /** Sends no more; resolves when what was sent is acknowledged. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#end();
  }

  async #end(): Promise<void> {
    await this.#running;
    while (this.#unacknowledged > 0) await sleep(STEP_MS);
    await new Promise<void>((done) => this.#producer.disconnect(() => done()));
  }

  /** 0 when no broker answers. */
  #countPartitions(): Promise<number> {
    const { topic } = this.#options;
    return new Promise((done) => {
      this.#producer.getMetadata({ topic, timeout: 5_000 }, (error, metadata) => {
        const found = error ? undefined : metadata.topics.find(({ name }) => name === topic);
        done(found?.partitions.length ?? 0);
      });
    });
  }

  async #run(): Promise<void> {
    const {
      records,
      perSecond,
      badShare = BAD_SHARE,
      brokenShare = 0,
      createValue = request,
    } = this.#options;
    const burst = Math.ceil((perSecond * STEP_MS) / 1_000);
    while (this.#sent < records && !this.#isStopped) {
      for (let i = 0; i < burst && this.#sent < this.#allowed; i++) {
        const number = this.#sent++;
        const isBroken = brokenShare > 0 && this.#random.chance(brokenShare);
        if (this.#random.chance(badShare)) this.sendBad(1);
        else this.#send(isBroken ? request(number, 'broken') : createValue(number));
      }
      await sleep(STEP_MS);
    }
  }

  #send(value: Buffer | null): void {
    const random = this.#random;
    const key = random.chance(0.3) ? null : `user-${random.between(1, 50)}`;
    this.#unacknowledged++;
    this.#producer.produce(this.#options.topic, random.between(0, this.#partitions - 1), value, key);
  }
}

function request(
  number: number,
  text = number % 2 === 0 ? 'a joy from the first minute' : 'a bore to the last minute',
): Buffer {
  return Buffer.from(JSON.stringify({ id: `n-${number}`, text: `Number ${number} was ${text}.` }));
}
