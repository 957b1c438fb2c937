import type { Config } from '../config/schema.ts';
import { requestOf } from '../config/topic-requests.ts';
import type { Random } from '../corpus/random.ts';
import { createRequest } from '../corpus/request.ts';
import { KubesentimentError } from '../errors.ts';
import { RECORD_KEY } from '../request-shape.ts';
import { coversTopic, isPattern } from '../topic-patterns.ts';
import type { DemoRegistry } from './demo-registry.ts';
import { framedDocument, schemaOf } from './framed-document.ts';
import { type DemoRequest, shapedDocument } from './shaped-document.ts';

/** A topic, and how to write a request that the configuration can read there. */
export interface DemoTopic {
  readonly topic: string;
  /** As the README has requests. */
  readonly isPlain: boolean;
  readonly write: (index: number, text: string, random: Random) => DemoRecord;
}

export interface DemoRecord {
  readonly value: Buffer;
  readonly key: string;
}

const USERS = 5_000;

/** One for each of `kafka.topic`. `registry`: where the schemas of requests go, if they have any. */
export function demoTopics(config: Config, registry: DemoRegistry | undefined): DemoTopic[] {
  return config.kafka.topic.map((entry) => {
    const topic = isPattern(entry) ? nameFor(entry) : entry;
    const request = requestOf(config, topic);
    return isPlain(request)
      ? plainTopic(topic)
      : { topic, isPlain: false, write: writerOf(config, request, registry) };
  });
}

/** A topic of requests as the README has them. */
export function plainTopic(topic: string): DemoTopic {
  return {
    topic,
    isPlain: true,
    write: (index, text, random) => ({
      key: `user-${index % USERS}`,
      value: Buffer.from(createRequest(index, text, random)),
    }),
  };
}

function isPlain({ format, envelope, text, id, timestamp, priority }: Config['request']): boolean {
  const places = [...text, id, timestamp, priority].join();
  return format === 'json' && envelope === 'none' && places === '/text,/id,/timestamp,/priority';
}

function writerOf(
  { result }: Config,
  request: Config['request'],
  registry: DemoRegistry | undefined,
): DemoTopic['write'] {
  const { format } = request;
  const documentOf = (one: DemoRequest): unknown => shapedDocument(request, result.include, one);
  const keyOf = (index: number, { id }: DemoRequest): string =>
    request.id === RECORD_KEY ? id : `user-${index % USERS}`;
  let schemaId: number | undefined;
  return (index, text, random) => {
    const one = { ...(JSON.parse(createRequest(index, text, random)) as DemoRequest), text };
    const key = keyOf(index, one);
    if (format === 'text') return { key, value: Buffer.from(text) };
    const document = documentOf(one);
    if (format === 'json' || format === 'auto' || registry === undefined)
      return { key, value: Buffer.from(JSON.stringify(document)) };
    schemaId ??= registry.register(schemaOf(format, document));
    return { key, value: framedDocument(format, schemaId, document) };
  };
}

/** A name that the pattern matches, where that is easy to see. */
function nameFor(pattern: string): string {
  const name = pattern
    .replace(/^\^|\$$/g, '')
    .replaceAll('\\.', '\u0000')
    .replaceAll(/\.[*+]?/g, 'demo')
    .replaceAll('\u0000', '.');
  if (/^[\w.-]+$/.test(name) && coversTopic([pattern], name)) return name;
  throw new KubesentimentError('KS_USAGE', `The demo does not find a name that ${pattern} matches.`, {
    remedy: 'Give it one: --set kafka.topic=NAME.',
  });
}
