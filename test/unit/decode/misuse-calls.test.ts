/** Calls in a state or from a place that no program of ours makes: an error, never a crash. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { loadBinding, type NativeDecoder } from '../../../src/decode/binding.ts';
import { root } from '../../helpers/paths.ts';
import { makeDecoder } from './make-decoder.ts';

const methods = [
  ...(['decode', 'decodeTexts', 'specialTokens', 'forgetWindows', 'tokens', 'pack', 'hashIds'] as const),
  ...(['encodeResults', 'findCached', 'keepCached', 'keepCachedTexts', 'close'] as const),
];
const request = () => Buffer.from('{"text":"good"}');

/** How many workers load and leave the addon; a longer run is worth it after a change of the edge. */
const workers = Number(process.env['KUBESENTIMENT_WORKER_LOADS'] ?? 60);

test('a method that is called on something else', () => {
  const { prototype } = loadBinding().NativeDecoder;
  for (const method of methods) {
    const call = prototype[method] as (this: unknown, ...args: unknown[]) => unknown;
    for (const receiver of [undefined, null, 5, {}, Object.create(prototype), loadBinding(), new Map()]) {
      assert.throws(() => call.call(receiver), Error, `${method} on ${String(receiver)}`);
    }
  }
});

test('the class is called like a function, or made without options', () => {
  const { NativeDecoder: Class } = loadBinding();
  assert.throws(() => (Class as unknown as () => NativeDecoder)(), TypeError);
  for (const options of [undefined, null, 5, 'x', [], {}, { table: null }, { rows: 1, table: {} }]) {
    assert.throws(() => new Class(options as never), { code: 'KS_ADDON_MISUSE' });
  }
});

test('options that throw when they are read', () => {
  const { NativeDecoder: Class } = loadBinding();
  const traps = [
    'rows',
    'table',
    'labels',
    'modelName',
    'tokenizer',
    'maxTokens',
    'mapping',
    'resultMember',
    'allScores',
    'cacheBytes',
  ];
  for (const name of traps) {
    const options = new Proxy(
      { rows: 1 },
      { get: (target, key) => (key === name ? assert.fail('trapped') : Reflect.get(target, key)) },
    );
    assert.throws(() => new Class(options as never), Error);
  }
});

test('functions of the addon take nothing wrong', () => {
  const { describeStatus, endProcess, setErrorMaker } = loadBinding();
  for (const wrong of [undefined, -1, 300, 1.5, Number.NaN, '1', {}, 1n]) {
    assert.throws(() => describeStatus(wrong as number), { code: 'KS_ADDON_MISUSE' });
    assert.throws(() => endProcess(wrong as number), { code: 'KS_ADDON_MISUSE' });
    assert.throws(() => setErrorMaker(wrong as never), { code: 'KS_ADDON_MISUSE' });
  }
});

test('memory that is shared with other threads is used or refused, as Node-API allows', () => {
  const { decoder } = makeDecoder();
  const slots = new Int32Array(new SharedArrayBuffer(8));
  const bytes = Buffer.from(new SharedArrayBuffer(64));
  bytes.set(request());
  bytes.fill(' ', request().length);
  for (const call of [
    () => decoder.decode([request()], slots, 1),
    () => decoder.decode([bytes], Int32Array.of(0), 1),
  ]) {
    try {
      assert.equal(call(), 1);
    } catch (error) {
      assert.equal((error as { code?: string }).code, 'KS_ADDON_MISUSE');
    }
  }
});

test('decoders that nobody closes are freed', () => {
  const before = process.memoryUsage().rss;
  for (let i = 0; i < 30; i++) makeDecoder();
  assert.ok(process.memoryUsage().rss - before < 1 << 30);
});

test(`${workers} workers load the addon, use it and are ended, several at once`, async () => {
  const program = `
    import { parentPort } from 'node:worker_threads';
    import { makeDecoder } from '${pathToFileURL(join(root, 'dist/test/unit/decode/make-decoder.js')).href}';
    const tokenizerPath = '${join(root, 'test/fuzz/tokenizers/wordpiece-cased.json')}';
    const { decoder } = makeDecoder({ tokenizerPath });
    parentPort.postMessage(decoder.decode([Buffer.from('{"text":"good"}')], Int32Array.of(0), 1));
    for (;;) decoder.decodeTexts(['film'], Int32Array.of(0), 1);`;
  const url = new URL(`data:text/javascript,${encodeURIComponent(program)}`);
  let left = workers;
  const loop = async (): Promise<void> => {
    while (left-- > 0) {
      const worker = new Worker(url);
      const decoded = await new Promise((resolve, reject) =>
        worker.once('message', resolve).once('error', reject),
      );
      assert.equal(decoded, 1);
      await worker.terminate(); // in the middle of a call
    }
  };
  await Promise.all(Array.from({ length: 4 }, loop));
});
