/** What the page shows of the other processes of the group. The services are made up. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Page } from 'playwright-core';
import type { PeerSettings } from '../../src/http/peers/peer-watch.ts';
import { createHttpServer } from '../../src/http/server.ts';
import type { HealthDetails, ServiceView } from '../../src/http/service-view.ts';
import { noChromium, openBrowser } from '../helpers/chromium.ts';
import { freePort } from '../helpers/free-port.ts';
import { fakeView } from '../unit/http/fixture.ts';

const token = 'a-token-of-some-length-0123456789';
const timeout = 120_000;
/** Where to put pictures, for people; none by default. */
const pictures = process.env['KUBESENTIMENT_PICTURES'];

const partition = (number: number, lagMessages: number) => ({
  ...{ topic: 'requests', partition: number, lagMessages, lagSeconds: lagMessages / 100 },
  ...{ heldBack: 0, holder: null, status: 'ok', paused: false },
});

function member(name: string, overrides: Partial<HealthDetails> = {}, more: Partial<ServiceView> = {}) {
  const view = fakeView(more);
  return {
    ...view,
    details: () => ({
      ...view.details(),
      instance: { id: name, name, pid: 1 },
      uptimeSeconds: 7_500,
      load: { throughputTps: 1_234, processingP99Ms: 87, inflightMessages: 410 },
      partitions: [partition(0, 0), partition(1, 0)] as never,
      ...overrides,
    }),
  };
}

/** Listens until the test is over, or `stop` is called. */
async function listen(t: TestContext, view: ServiceView, port = 0, peers?: () => PeerSettings) {
  const server = createHttpServer({
    ...{ host: '127.0.0.1', port, requestsPerSecond: 1_000, view, token },
    peers,
  });
  const { port: bound } = await server.start();
  let isOver = false;
  const stop = async (): Promise<void> => {
    if (!isOver) await server.stop();
    isOver = true;
  };
  t.after(stop);
  return { url: `http://127.0.0.1:${bound}`, port: bound, stop };
}

async function takePictures(page: Page, name: string): Promise<void> {
  if (pictures === undefined) return;
  const before = page.viewportSize();
  for (const width of [1440, 390]) {
    await page.setViewportSize({ width, height: 900 });
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      const path = join(pictures, `${name}-${width}-${colorScheme}.png`);
      await page.locator('#peers').screenshot({ path });
      if (width === 1440) await page.screenshot({ path: path.replace(name, `${name}-page`) });
    }
  }
  if (before !== null) await page.setViewportSize(before);
}

test('the processes of a group in one view', { skip: noChromium, timeout: 300_000 }, async (t) => {
  const build = { ...fakeView().details().build, modelVersion: 'ffffffffffff' };
  const behind = [partition(2, 1_200), { ...partition(3, 8_000), paused: true }] as never;
  const reason = 'An operator has paused requests/3.';
  const paused = () => ({ ok: false, checks: [{ name: 'paused', ok: false, reason }] });
  const second = await listen(t, member('ks-1', { partitions: behind }, { readiness: paused }));
  const third = await listen(t, member('ks-2', { build, configFingerprint: 'other' }));
  const gone = `http://127.0.0.1:${await freePort()}`;
  const port = await freePort();
  let urls: readonly string[] = [];
  const settings = (): PeerSettings => ({ urls, token, caFile: undefined });
  const own = await listen(t, member('ks-0'), port, settings);

  const context = await (await openBrowser(t)).newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  page.setDefaultTimeout(timeout);
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(error.message));
  await page.addInitScript(`sessionStorage.setItem('token', '${token}')`);
  const open = async (): Promise<void> => {
    await page.goto(`${own.url}/`);
    await page.locator('#state', { hasText: 'running' }).waitFor();
  };
  const asked = page.waitForResponse((response) => response.url().endsWith('/api/v1/peers'));
  await open();
  await asked;
  assert.equal(await page.locator('#peers').isHidden(), true, 'a process alone needs no table');

  urls = [own.url, second.url, third.url, gone];
  await open();
  const rows = page.locator('#peers-rows tr');
  await rows.nth(2).filter({ hasText: 'running' }).waitFor();
  await rows.nth(3).filter({ hasText: 'no answer' }).waitFor();
  const cells = async (row: number) => rows.nth(row).locator('td').allTextContents();
  assert.deepEqual(await cells(0), [
    ...['ks-0this process', 'running', '1,234', '87 ms', '0', '2', '410'],
    ...['accurate (0123456789ab)', '1.2.3', '2h 5m'],
  ]);
  assert.deepEqual((await cells(1)).slice(0, 7), [
    ...[
      `ks-1127.0.0.1:${second.port}`,
      `paused${reason}`,
      '1,234',
      '87 ms',
      '9,200, 1m 20s',
      '2, 1 paused',
      '410',
    ],
  ]);
  assert.deepEqual((await cells(3)).slice(0, 3), [
    gone.slice('http://'.length),
    'no answerNothing listens there (ECONNREFUSED).',
    '–',
  ]);
  assert.equal(await page.locator('#peers-answering').textContent(), '3 of 4 answer');
  assert.equal(await page.locator('#peers-rate').textContent(), '3,702');
  assert.equal(await page.locator('#peers-lag').textContent(), '9,200, 1m 20s');
  const links = await page.evaluate(
    `Array.from(document.querySelectorAll('#peers-rows a'), (link) => link.getAttribute('href'))`,
  );
  assert.deepEqual(links, [null, second.url, third.url, gone]);

  const notes = await page.locator('#peers-notes li').allTextContents();
  assert.equal(notes.length, 3, notes.join('\n'));
  assert.match(
    notes[0] as string,
    /^They use different models: accurate \(0123456789ab\) in ks-0 .*ffffffffffff\) in ks-2/,
  );
  assert.match(notes[1] as string, /^They have different configurations: abc123 in ks-0 .*; other in ks-2/);
  assert.equal(notes[2], 'One process does not answer.');
  await takePictures(page, 'peers');

  // One that was there and is gone: its last figures stay, and say how old they are.
  await third.stop();
  await rows
    .nth(2)
    .filter({ hasText: /no answer.*Figures from \d+\.\d s ago\./ })
    .waitFor();
  assert.equal((await cells(2))[2], '1,234');
  assert.equal(await page.locator('#peers-answering').textContent(), '2 of 4 answer');
  await takePictures(page, 'peers-gone');

  await page.setViewportSize({ width: 390, height: 800 });
  const wider = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
  assert.ok(wider <= 0, `${wider} pixels wider than a telephone`);
  assert.deepEqual(problems, []);
});

test('nobody is asked while nobody looks: another view, or another tab', {
  skip: noChromium,
  timeout: 300_000,
}, async (t) => {
  let times = 0;
  const counted = member('ks-1');
  const view = {
    ...counted,
    details: () => {
      times++;
      return counted.details();
    },
  };
  const other = await listen(t, { ...view, readiness: counted.readiness });
  const settings = (): PeerSettings => ({ urls: [other.url], token, caFile: undefined });
  const own = await listen(t, member('ks-0'), 0, settings);
  const page = await (await (await openBrowser(t)).newContext()).newPage();
  page.setDefaultTimeout(timeout);
  await page.addInitScript(`sessionStorage.setItem('token', '${token}')`);
  const requests: string[] = [];
  page.on('request', (request) => requests.push(request.url()));
  await page.goto(`${own.url}/`);
  await page.locator('#peers-rows tr').nth(1).filter({ hasText: 'running' }).waitFor();
  await page.locator('#to-letters').click();
  await page.locator('#letters-view').waitFor({ state: 'visible' });
  await page.waitForTimeout(1_500); // what was under way
  const before = requests.filter((url) => url.endsWith('/api/v1/peers')).length;
  await page.waitForTimeout(3_000);
  assert.equal(requests.filter((url) => url.endsWith('/api/v1/peers')).length, before);
  await page.locator('#to-live').click();
  await page.waitForResponse((response) => response.url().endsWith('/api/v1/peers'));
  assert.ok(times > 0);
});

test('what a peer says of itself is text, whatever it is', {
  skip: noChromium,
  timeout: 300_000,
}, async (t) => {
  const hostile = (kind: string): string =>
    `${kind}"><img src=x onerror="window.hacked=1">\u202e\u0085\u001b[2J\u2028${'m'.repeat(20_000)}`;
  const build = { ...fakeView().details().build, model: hostile('model'), version: hostile('version') };
  const checks = [{ name: 'paused', ok: false, reason: hostile('reason') }];
  const said = {
    ...{ instance: { id: 'x', name: hostile('name'), pid: 1 }, consumerGroup: hostile('group') },
    ...{ build, state: hostile('state') as never, configFingerprint: hostile('config') },
  };
  const other = await listen(t, member('x', said, { readiness: () => ({ ok: false, checks }) }));
  const own = await listen(t, member('ks-0'), 0, () => ({ urls: [other.url], token, caFile: undefined }));
  const page = await (
    await (await openBrowser(t)).newContext({ viewport: { width: 390, height: 800 } })
  ).newPage();
  page.setDefaultTimeout(timeout);
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
  await page.addInitScript(`sessionStorage.setItem('token', '${token}')`);
  await page.goto(`${own.url}/`);
  await page.locator('#peers-rows tr').nth(1).filter({ hasText: 'version' }).waitFor();
  await page.locator('#peers-notes li').first().waitFor();
  assert.equal(await page.locator('#peers img').count(), 0);
  const text = (await page.locator('#peers').textContent()) ?? '';
  assert.doesNotMatch(text, /[\p{Cf}\p{Zl}\p{Zp}]|(?!\n)\p{Cc}/u);
  assert.equal(await page.evaluate('window.hacked'), undefined);
  const wider = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
  assert.ok(wider <= 0, `${wider} pixels wider than a telephone`);
  assert.deepEqual(problems, []);
});
