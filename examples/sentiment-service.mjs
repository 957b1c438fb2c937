// A class for a dependency-injection container such as NestJS's: its methods have the names that NestJS calls when
// the application starts and ends. Annotate it with @Injectable() there.
import { HighThroughputKafkaConsumer } from 'kubesentiment';

export class SentimentService {
  #consumer;
  #watching;

  /** `options` as for the consumer; `onResults` gets the results of each commit. */
  constructor(options, onResults) {
    this.#consumer = new HighThroughputKafkaConsumer(options);
    this.#watching = this.#watch(onResults);
    this.#watching.catch(() => undefined); // `onModuleDestroy` rejects with it
  }

  async onModuleInit() {
    await this.#consumer.start();
  }

  async onModuleDestroy() {
    await this.#consumer.stop();
    await this.#watching;
  }

  get isReady() {
    return this.#consumer.isRunning();
  }

  async #watch(onResults) {
    for await (const messages of this.#consumer.results()) await onResults(messages);
  }
}
