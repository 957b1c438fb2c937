/** How fast the page asks for dead letters. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { mock, type TestContext, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { RateLimiter } from '../../../../src/http/access/rate-limiter.ts';
import { root } from '../../../helpers/paths.ts';

type Ask = (path: string, body?: object) => Promise<{ readonly path: string }>;

/** A page of its own over a service that answers with `statusOf` a request, by a clock that this test moves. */
async function pageOver(t: TestContext, statusOf: (at: number, body?: string) => number) {
  let now = 0;
  const asked: number[] = [];
  mock.timers.enable({ apis: ['setTimeout'] });
  mock.method(performance, 'now', () => now);
  mock.method(globalThis, 'fetch', async (path: string, { body }: { body?: string }) => {
    asked.push(now);
    const status = statusOf(now, body);
    return Response.json(status === 200 ? { path } : { error: { message: 'Too many.' } }, { status });
  });
  Object.assign(globalThis, { sessionStorage: { getItem: () => null } });
  t.after(() => {
    mock.timers.reset();
    mock.restoreAll();
    Reflect.deleteProperty(globalThis, 'sessionStorage');
  });
  const page = `${pathToFileURL(join(root, 'src/http/page/ask.js')).href}?${t.name}`;
  const { ask } = (await import(page)) as { ask: Ask };
  const pass = async (ms: number): Promise<void> => {
    for (const until = now + ms; now < until; ) {
      for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
      now += 10;
      mock.timers.tick(10);
    }
  };
  return { ask, asked, pass };
}

test('whoever clicks how fast, the service does not refuse it', async (t) => {
  let now = 0;
  const limiter = new RateLimiter({ perSecond: 100, now: () => now });
  const { ask, asked, pass } = await pageOver(t, (at) => {
    now = at;
    return limiter.tryTake('127.0.0.1', 20) ? 200 : 429;
  });
  limiter.tryTake('127.0.0.1', 60); // what a page loads besides
  const answers = Promise.all(Array.from({ length: 30 }, (_, i) => ask(`/${i}`)));
  await pass(8_000);
  assert.deepEqual(
    (await answers).map(({ path }) => path),
    Array.from({ length: 30 }, (_, i) => `/${i}`),
  );
  assert.equal(asked.length, 30, 'none of them was sent twice');
  assert.ok((asked[5] as number) < 50, 'a few are sent at once');
});

test('one that was too many is sent again, three times', async (t) => {
  const statuses = [429, 429, 200];
  const { ask, asked, pass } = await pageOver(t, () => statuses.shift() ?? 429);
  const first = ask('/first', { dryRun: false });
  await pass(5_000);
  assert.deepEqual([await first, asked.length], [{ path: '/first' }, 3]);
  const second = ask('/second').catch(({ status, message }) => ({ status, message }));
  await pass(10_000);
  assert.deepEqual([await second, asked.length], [{ status: 429, message: 'Too many.' }, 7]);
});

test('another refusal is not sent again, and does not keep the next one from being sent', async (t) => {
  const statuses = [500, 200];
  const { ask, asked, pass } = await pageOver(t, () => statuses.shift() ?? 500);
  const failed = ask('/a').catch(({ status }) => status);
  const next = ask('/b');
  await pass(100);
  assert.deepEqual([await failed, await next, asked.length], [500, { path: '/b' }, 2]);
});
