import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { loadConfig } from '../../../src/config/load.ts';
import type { Config } from '../../../src/config/schema.ts';
import type { BackendModule } from '../../../src/infer/backend.ts';
import {
  batchLimits,
  checkCache,
  createPool,
  readConfiguredModel,
  resolveModelPath,
} from '../../../src/predict/model-parts.ts';
import { GatedBackend } from '../../helpers/gated-backend.ts';
import { root } from '../../helpers/paths.ts';

function configOf(overrides: Readonly<Record<string, unknown>>): Config {
  return loadConfig({ overrides: { 'model.max_threads': 1, ...overrides } }).config;
}

async function providerOf(t: TestContext, config: Config, backend?: BackendModule): Promise<string> {
  const pool = createPool(config, readConfiguredModel(config), backend);
  t.after(() => pool.close());
  return (await pool.start()).provider;
}

test('ONNX Runtime runs the model directory; without one nothing runs; a given backend wins over both', async (t) => {
  const model = configOf({ 'model.path': 'models/default' });
  const none = configOf({ 'model.path': null });
  assert.equal(await providerOf(t, model), 'cpu');
  assert.equal(await providerOf(t, none), 'none');
  assert.equal(await providerOf(t, model, new GatedBackend().module), 'gate');
  assert.equal(await providerOf(t, none, new GatedBackend().module), 'gate');
});

test('without a model the tokenizer and labels are those of the default one, the name is not', () => {
  const { name, version, ...rest } = readConfiguredModel(configOf({ 'model.path': null }));
  const {
    name: _name,
    version: _version,
    ...same
  } = readConfiguredModel(configOf({ 'model.path': 'models/default' }));
  assert.deepEqual({ name, version }, { name: 'null', version: '0' });
  assert.deepEqual(rest, same);
});

test('a path is only ever a directory', () => {
  assert.throws(() => readConfiguredModel(configOf({ 'model.path': 'sleep:2000' })), {
    code: 'KS_MODEL_NOT_FOUND',
  });
});

test('a relative path is looked up in this package too', (t) => {
  const here = process.cwd();
  t.after(() => process.chdir(here));
  process.chdir(join(root, '..'));
  assert.equal(resolveModelPath('models/default'), join(root, 'models/default'));
  assert.equal(resolveModelPath('no-such-model'), 'no-such-model');
  assert.equal(resolveModelPath(join(root, 'no-such-model')), join(root, 'no-such-model'));
});

test('a GPU gets larger batches, and buffers have room for those of the largest provider', async (t) => {
  const config = configOf({
    'model.path': null,
    'model.execution_providers': ['cuda', 'cpu'],
    'model.tokens_per_batch': 1_024,
    'model.tokens_per_batch_cuda': 8_192,
  });
  const model = readConfiguredModel(config);
  assert.equal(batchLimits(config, model, { provider: 'cuda' }).tokensMax, 8_192);
  assert.equal(batchLimits(config, model, { provider: 'cpu' }).tokensMax, 1_024);
  const pool = createPool(config, model);
  t.after(() => pool.close());
  assert.equal(pool.tensors(64, 128).ids.length, 8_192);
});

test('a cache is refused for a model whose scores depend on the texts beside them', () => {
  const graphOf = (quantization: 'none' | 'static' | 'dynamic') => {
    const { graph } = readConfiguredModel(configOf({}));
    return { graph: { ...graph, quantization } };
  };
  const on = configOf({ 'model.cache_bytes': '16 MiB' });
  checkCache(on, graphOf('none'));
  checkCache(on, graphOf('static'));
  checkCache(configOf({}), graphOf('dynamic'));
  assert.throws(() => checkCache(on, graphOf('dynamic')), {
    code: 'KS_CONFIG_INVALID',
    message: /cache_bytes.*quantized dynamically/,
  });
});
