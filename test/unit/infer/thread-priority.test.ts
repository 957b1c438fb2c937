/** Threads that load a model beside one that works: the kernel itself says with which priority they run. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { nullBackend } from '../../../src/infer/backend.ts';
import { InferencePool } from '../../../src/infer/inference-pool.ts';
import { canRaise, GivingWay, giveWay, raise, threadNumber } from '../../../src/infer/thread-priority.ts';

const module = new URL('../../../src/infer/thread-priority.js', import.meta.url).href;

/** What the code says in a thread of its own. */
async function inThread<T>(code: string): Promise<T> {
  const program = `
    import { parentPort } from 'node:worker_threads';
    import * as priority from '${module}';
    parentPort.postMessage((() => { ${code} })());`;
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(program)}`));
  return new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
}

const may = await inThread<boolean>('return priority.canRaise(priority.threadNumber());');
const needsPrivilege = may ? false : 'threads of this user cannot get their priority back';

/** Of all threads of this process, by their numbers. */
function priorities(): Map<number, number> {
  const threads = readdirSync('/proc/self/task').flatMap((thread): [number, number][] => {
    try {
      const stat = readFileSync(`/proc/self/task/${thread}/stat`, 'utf8');
      return [[Number(thread), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16])]];
    } catch {
      return []; // it has ended
    }
  });
  return new Map(threads);
}

test('a thread knows its own number', { skip: process.platform !== 'linux' }, async () => {
  const other = await inThread<number>('return priority.threadNumber();');
  assert.equal(threadNumber(), process.pid);
  assert.ok(other > 0 && other !== process.pid);
});

test('threads that load a model give way until it is used, also those that start late', {
  skip: needsPrivilege,
}, async (t) => {
  const usual = priorities().get(process.pid) as number;
  const pool = new InferencePool({
    backend: nullBackend,
    model: { onnxPath: '', executionProviders: ['cpu'], layout: { rowsMax: 1, tokensMax: 8, labels: 2 } },
    ...{ threadsMin: 1, threadsMax: 3, timeoutMs: 30_000, givesWay: true },
  });
  t.after(() => pool.close());
  const low = (): number => [...priorities().values()].filter((priority) => priority > usual).length;
  await pool.start();
  await pool.warm(2);
  assert.equal(low(), 2);
  assert.equal(priorities().get(process.pid), usual);
  pool.takeOver();
  assert.equal(low(), 0);
  await pool.warm(3);
  assert.deepEqual([pool.threads, low()], [3, 0]);
});

test('what is shared has room for so many threads, and one more goes on as it is', {
  skip: needsPrivilege,
}, async () => {
  const program = `
    const shared = new Int32Array(new SharedArrayBuffer(4 * 4));
    shared[0] = 1;
    const before = [];
    for (let i = 0; i < 3; i++) { priority.giveWay(shared); before.push([...shared]); }
    return before;`;
  const [first, second, third] = await inThread<number[][]>(program);
  assert.ok((first?.[2] as number) > 0);
  assert.deepEqual(second?.slice(2), first?.slice(2));
  assert.deepEqual(third, [1, 3, ...(first?.slice(2) ?? [])]);
});

test('without it nothing is touched, and a thread that has ended does no harm', () => {
  const off = new GivingWay(2, false);
  giveWay(off.shared);
  off.end();
  assert.deepEqual([...off.shared], [0, 0, 0, 0, 0, 0]);
  raise(2 ** 30, 0);
  assert.equal(canRaise(0), false);
});
