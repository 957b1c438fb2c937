/** The contract of a backend module, kept by every implementation. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { sleepingBackend } from '../../../benchmarking/lib/sleeping-backend.ts';
import {
  type BackendModule,
  type LoadBackend,
  type ModelBackend,
  nullBackend,
  onnxBackend,
} from '../../../src/infer/backend.ts';
import { bytesOf, idsOf, type Layout, logitsOf, maskOf } from '../../../src/infer/layout.ts';
import { root } from '../../helpers/paths.ts';

process.env['ORT_DISABLE_TELEMETRY'] = '1'; // the pool sets it; here the library loads without a pool

const layout: Layout = { tokensMax: 256, rowsMax: 8, labels: 2 };
const UNTOUCHED = 12_345;

const backends: Readonly<Record<string, BackendModule>> = {
  'ONNX Runtime': onnxBackend,
  'no model': nullBackend,
  'a sleeping model': sleepingBackend(1),
};

async function loadFrom({ url, options }: BackendModule): Promise<ModelBackend> {
  const { load } = (await import(url)) as { load: LoadBackend<unknown> };
  const onnxPath = join(root, 'models/default/model.onnx');
  return load({ onnxPath, executionProviders: ['cpu'], layout }, options);
}

/** A batch of different texts, without padding, in a buffer as the pool makes it. */
function batchOf(rows: number, width: number) {
  const buffer = new ArrayBuffer(bytesOf(layout));
  const room = logitsOf(buffer, layout, layout.rowsMax).fill(UNTOUCHED);
  const ids = idsOf(buffer, layout, rows * width).map((_, i) => 1_000n + BigInt(i));
  idsOf(buffer, layout, rows * width).set(ids);
  const batch = {
    rows,
    width,
    ids: idsOf(buffer, layout, rows * width),
    mask: maskOf(buffer, layout, rows * width).fill(1n),
    logits: logitsOf(buffer, layout, rows),
  };
  return { batch, ids, room };
}

async function logitsWith(backend: ModelBackend, rows: number, width: number): Promise<number[]> {
  const { batch } = batchOf(rows, width);
  await backend.run(batch);
  return [...batch.logits];
}

for (const [name, module] of Object.entries(backends)) {
  test(`${name}: says what it was loaded as`, async () => {
    const { provider, unavailable } = await loadFrom(module);
    assert.match(provider, /^\w+$/);
    assert.deepEqual(unavailable, []);
  });

  test(`${name}: writes every logit of its batch and nothing else`, async () => {
    const backend = await loadFrom(module);
    const { batch, ids, room } = batchOf(3, 6);
    await backend.run(batch);
    const [own, rest] = [room.subarray(0, 6), room.subarray(6)];
    assert.ok(
      own.every((value) => Number.isFinite(value) && value !== UNTOUCHED),
      `${own}`,
    );
    assert.ok(
      rest.every((value) => value === UNTOUCHED),
      `${rest}`,
    );
    assert.deepEqual(batch.ids, ids);
    assert.ok(batch.mask.every((value) => value === 1n));
  });

  test(`${name}: takes the largest batch`, async () => {
    const backend = await loadFrom(module);
    const logits = await logitsWith(backend, layout.rowsMax, layout.tokensMax / layout.rowsMax);
    assert.ok(logits.every((value) => Number.isFinite(value) && value !== UNTOUCHED));
  });

  test(`${name}: the same batch has the same logits, after other shapes and beside a second model`, async () => {
    const [first, second] = [await loadFrom(module), await loadFrom(module)];
    const before = await logitsWith(first, 2, 5);
    await logitsWith(second, 4, 9);
    await logitsWith(first, 1, 3);
    assert.deepEqual(await logitsWith(first, 2, 5), before);
    assert.deepEqual(await logitsWith(second, 2, 5), before);
  });
}

test('ONNX Runtime passes over a provider that is not available, and names it', async () => {
  const { load } = (await import(onnxBackend.url)) as { load: LoadBackend };
  const onnxPath = join(root, 'models/default/model.onnx');
  const executionProviders = ['no-such-provider', 'cpu'];
  const { provider, unavailable } = await load({ onnxPath, executionProviders, layout }, undefined);
  assert.deepEqual({ provider, unavailable }, { provider: 'cpu', unavailable: ['no-such-provider'] });
});

test('ONNX Runtime says why it rejects a file, a provider or a model', async () => {
  const { load } = (await import(onnxBackend.url)) as { load: LoadBackend };
  const notOnnx = join(root, 'package.json');
  await assert.rejects(
    load({ onnxPath: notOnnx, executionProviders: ['cpu'], layout }, undefined),
    /ONNX Runtime rejects it: .+/,
  );
  await assert.rejects(
    load({ onnxPath: notOnnx, executionProviders: [], layout }, undefined),
    /No execution provider is configured/,
  );
});
