import { coversTopic } from '../topic-patterns.ts';
import type { Config } from './schema.ts';

type Request = Config['request'];
type Entry = NonNullable<Config['kafka']['topics']>[number];

/** `request:`, with what the first entry of `kafka.topics` that matches the topic says instead. */
export function requestOf(config: Config, topic: string): Request {
  const entry = entryOf(config, topic);
  return entry === undefined ? config.request : withEntry(config.request, entry);
}

/** Those of some keys, like `request.text`, that have no effect on a topic, since its entry names them itself. */
export function overruledKeys(config: Config, topic: string, keys: readonly string[]) {
  const entry = entryOf(config, topic);
  const own = Object.keys(entry?.request ?? {}).map((key) => `request.${key}`);
  return { entry: entry?.topic, keys: keys.filter((key) => own.includes(key)) };
}

function entryOf({ kafka }: Config, topic: string): Entry | undefined {
  return kafka.topics?.find((each) => coversTopic([each.topic], topic));
}

/** The same configuration for one topic, for tools that look at one topic at a time. */
export function forTopic(config: Config, topic: string): Config {
  const { topics, ...kafka } = config.kafka;
  return topics === undefined ? config : { ...config, kafka, request: requestOf(config, topic) };
}

/** `request:`, with the keys of one entry instead. */
export function withEntry(request: Request, entry: Entry): Request {
  return { ...request, ...(entry.request as Partial<Request>) };
}

/** What the requests of the process can look like, by number: 0 is `request:`. Equal ones have one number. */
export class TopicRequests {
  readonly all: readonly Request[];
  readonly #config: Config;
  readonly #numbers: ReadonlyMap<string, number>;
  readonly #shapes = new Map<string, number>();

  constructor(config: Config) {
    const { request, kafka } = config;
    const own = (kafka.topics ?? []).map((entry) => withEntry(request, entry));
    const distinct = new Map([request, ...own].map((each) => [JSON.stringify(each), each]));
    this.#config = config;
    this.all = [...distinct.values()];
    this.#numbers = new Map([...distinct.keys()].map((text, number) => [text, number]));
  }

  /** Patterns are tried once for each topic. */
  shapeOf(topic: string): number {
    let shape = this.#shapes.get(topic);
    if (shape === undefined) {
      shape = this.#numbers.get(JSON.stringify(requestOf(this.#config, topic))) as number;
      this.#shapes.set(topic, shape);
    }
    return shape;
  }
}
