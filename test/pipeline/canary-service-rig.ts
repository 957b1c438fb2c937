/** A service with a model in use, a, and a canary, b, behind a fake Kafka of two partitions. */
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import type { TestContext } from 'node:test';
import type { BackendModule } from '../../src/infer/backend.ts';
import { readModel } from '../../src/infer/model.ts';
import type { LogEvent } from '../../src/log-events.ts';
import { filesOf, type Files, labels, writeFiles } from '../models/directory.ts';
import { texts } from '../models/expected.ts';
import type { FakeBroker } from './fake-broker.ts';
import { Models, type Result, service } from './reload-rig.ts';
import { createBroker, topics, until } from './rig.ts';

export const opposite: Files = filesOf({
  weights: {
    ...{ '[PAD]': [3, -1], '[UNK]': [0, 0], '[CLS]': [0, 0], '[SEP]': [0, 0] },
    ...{ good: [2, 0], bad: [0, 3], fine: [0.5, 0.25], dull: [0, 0.5] },
  },
});
/** Says the same, and is another version. */
export const alike: Files = filesOf({}, { ...labels, max_position_embeddings: 32 });

interface Line {
  readonly event: LogEvent;
  readonly fields: Readonly<Record<string, unknown>>;
}

interface SetUpOptions {
  readonly canary?: object;
  readonly more?: Readonly<Record<string, unknown>>;
  readonly backend?: BackendModule;
}

export function setUp(
  t: TestContext,
  files: Files,
  { canary: own = {}, more = {}, backend }: SetUpOptions = {},
) {
  const models = new Models(t);
  const put = (name: string, content: Files): void => {
    rmSync(models.path(name), { recursive: true, force: true });
    writeFiles(models.path(name), content);
  };
  const version = models.write('a', filesOf());
  put('b', files);
  const broker = createBroker(2);
  const lines: Line[] = [];
  const write = (event: LogEvent, fields: object = {}): void => {
    lines.push({ event, fields: { ...fields } });
  };
  const logger = { debug: write, info: write, warn: write, error: write };
  const canary = { path: models.path('b'), share: 0.4, max_slowdown: 1_000, ...own };
  const consumer = service(t, broker, models.path('a'), {
    more: { 'model.canary': JSON.stringify(canary), ...more },
    logger,
    ...(backend && { backend }),
  });
  const of = (event: LogEvent) => lines.filter((line) => line.event === event).map(({ fields }) => fields);
  return { models, put, version, broker, consumer, of };
}

export const textOf = (i: number): string => texts[i % texts.length] as string;

export function send(broker: FakeBroker, from: number, count: number, text = textOf): void {
  for (let i = from; i < from + count; i++)
    broker.request(topics.requests, {
      ...{ partition: i % 2, key: Buffer.from(`user-${i % 50}`) },
      value: Buffer.from(JSON.stringify({ text: text(i) })),
    });
}

export const versionAt = (path: string): string =>
  readModel(path, { maxLength: undefined, lengthDefaultMax: 512 }).version;
export const versionOf = (models: Models): string => versionAt(models.path('b'));

export const answered = (broker: FakeBroker, count: number) =>
  until('all are answered', () => broker.audit.answered === count);

/** Of results of requests from this offset on. The order is that of the keys, and is checked in canary.test.ts. */
export function versionsOf(broker: FakeBroker, from = 0): Set<string> {
  assert.deepEqual(broker.audit.violations, []);
  assert.equal(broker.all(topics.deadLetters).length, 0);
  const results = broker.all(topics.results).map(({ value }) => JSON.parse(String(value)) as Result);
  return new Set(results.filter(({ source }) => source.offset >= from).map((each) => each.model_version));
}
