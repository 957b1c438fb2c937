/** The keys that belong to the model, for config-live.test.ts. */
import assert from 'node:assert/strict';
import type { KeyName } from '../../src/config/schema.ts';
import type { ModelInfo } from '../../src/types.ts';
import { configured, type FileSettings } from './config-rig.ts';
import { first, Models, type Result as Base, second } from './reload-rig.ts';
import { createBroker, sendRequest, topics, until } from './rig.ts';

type TestContext = Parameters<typeof configured>[0];

interface Result extends Base {
  readonly score: number;
  readonly labels?: readonly string[];
  readonly windows?: number;
  readonly stage?: number;
}

interface ModelCase {
  readonly before?: FileSettings;
  /** `b`: the directory of another model. */
  readonly to: (b: string) => unknown;
  readonly check: (model: ModelInfo, result: Result, b: string, shadow?: string, canary?: string) => void;
}

const table: Partial<Record<KeyName, ModelCase>> = {
  'model.path': {
    to: (b) => b,
    check: ({ directory }, { label }, b) => assert.deepEqual([directory, label], [b, 'DOWN']),
  },
  'model.file': {
    to: () => 'other.onnx',
    check: ({ onnxPath }) => assert.match(onnxPath, /other\.onnx$/),
  },
  'model.labels': {
    to: () => ['BAD', 'GOOD'],
    check: (_, { label }) => assert.equal(label, 'GOOD'),
  },
  'model.activation': {
    to: () => 'none',
    check: ({ head }, { score }) => assert.deepEqual([head.activation, score > 1], ['none', true]),
  },
  'model.threshold': {
    before: { 'model.activation': 'sigmoid' },
    to: () => 0.8,
    check: (_, { labels }) => assert.deepEqual(labels?.length, 1),
  },
  'model.min_score': {
    to: () => 1,
    check: (_, { label }) => assert.equal(label, 'UNCERTAIN'),
  },
  'model.uncertain_label': {
    before: { 'model.min_score': 1 },
    to: () => 'ASK_SOMEBODY',
    check: (_, { label }) => assert.equal(label, 'ASK_SOMEBODY'),
  },
  'model.cascade': {
    to: () => ({ path: 'models/default', below: 0 }),
    check: (_, { stage }) => assert.equal(stage, 1),
  },
  'model.shadow': {
    // What it says is checked in shadow.test.ts; here, that it is taken up.
    to: () => ({ path: 'models/default', share: 1 }),
    check: (_, __, ___, shadow) => assert.equal(shadow, 'default'),
  },
  'model.canary': {
    // How its trial goes is checked in canary.test.ts; here, that it is taken up.
    to: () => ({ path: 'models/default', share: 0 }),
    check: (_, __, ___, ____, canary) => assert.equal(canary, 'default'),
  },
  'model.max_length': {
    to: () => 4,
    check: ({ maxLength }) => assert.equal(maxLength, 4),
  },
  'model.truncate_side': {
    before: { 'model.max_length': 4 },
    to: () => 'left',
    check: (_, { label }) => assert.equal(label, 'NEGATIVE', 'of the last two words'),
  },
  'model.long_text': {
    before: { 'model.max_length': 4, 'model.window_overlap': 1 },
    to: () => 'windows',
    check: (_, { windows = 1 }) => assert.ok(windows > 1),
  },
  'model.window_overlap': {
    before: { 'model.max_length': 4, 'model.window_overlap': 0, 'model.long_text': 'windows' },
    to: () => 1,
    check: (_, { windows }) => assert.equal(windows, 5, 'pairs of six words that share one'),
  },
};

export const modelCases = Object.fromEntries(
  Object.entries(table).map(([name, each]) => [
    name,
    async (t: TestContext) => {
      const models = new Models(t);
      models.write('a', { ...first, 'other.onnx': first['model.onnx'] });
      models.write('b', second);
      const broker = createBroker(1);
      const before = { 'model.path': models.path('a'), ...each.before };
      const { consumer, write } = configured(t, broker, before);
      await consumer.start();
      const beside = () => {
        const { shadow, canary } = consumer.service.monitor.counters;
        return [shadow?.model, canary?.model] as const;
      };
      const old = [consumer.service.model, await answer(broker), beside()] as const;
      const to = each.to(models.path('b'));
      write({ [name]: to });
      const { changed, model_reloaded: isReloaded } = await consumer.service.configReload.reload();
      assert.deepEqual([changed.map(({ key }) => key), isReloaded], [[name], true]);
      const { model } = consumer.service;
      const result = await answer(broker);
      assert.equal(result.model_version, model.version);
      const [oldModel, oldResult, oldBeside] = old;
      assert.throws(
        () => each.check(oldModel, oldResult, models.path('b'), ...oldBeside),
        'it was otherwise before',
      );
      each.check(model, result, models.path('b'), ...beside());
    },
  ]),
);

/** Of the newest request. */
async function answer(broker: ReturnType<typeof createBroker>): Promise<Result> {
  const count = broker.all(topics.results).length + 1;
  sendRequest(broker, 0, 'good good good bad bad bad');
  await until('it is answered', () => broker.all(topics.results).length === count);
  return JSON.parse(String(broker.all(topics.results).at(-1)?.value)) as never;
}
