/** What the page shows of a model beside the one in use. The service is made up. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { createHttpServer } from '../../src/http/server.ts';
import { CanaryCounts } from '../../src/metrics/canary-counts.ts';
import { AnswerComparison } from '../../src/metrics/answer-comparison.ts';
import { noChromium, openBrowser } from '../helpers/chromium.ts';
import { fakeView } from '../unit/http/fixture.ts';

const timeout = 120_000;
/** Where to put pictures, for people; none by default. */
const pictures = process.env['KUBESENTIMENT_PICTURES'];

const differences = Array.from({ length: 20 }, (_, i) => ({
  ...{ topic: 'requests', partition: i % 8, offset: 1_000 + 37 * i },
  ...{ label: 'POSITIVE', score: 0.99 - i / 100, otherLabel: 'NEGATIVE', otherScore: 0.9 - i / 50 },
  distance: 0.9 - i / 50,
}));

test('versions, a canary, its return, and a shadow', { skip: noChromium, timeout: 300_000 }, async (t) => {
  const view = fakeView();
  const { counters } = view;
  const server = createHttpServer({ host: '127.0.0.1', port: 0, requestsPerSecond: 1_000, view });
  const { port } = await server.start();
  t.after(() => server.stop());
  const context = await (await openBrowser(t)).newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  page.setDefaultTimeout(timeout);
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(error.message));
  await page.goto(`http://127.0.0.1:${port}/`);
  await page.locator('#state', { hasText: 'running' }).waitFor();
  const text = async (id: string): Promise<string> => (await page.locator(`#${id}`).textContent()) ?? '';
  const picture = async (name: string): Promise<void> => {
    if (pictures === undefined) return;
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await page.locator('#models').screenshot({ path: join(pictures, `${name}-${colorScheme}.png`) });
    }
  };
  const isHidden = () => page.locator('#models').isHidden();

  assert.equal(await isHidden(), true, 'one model alone is named in the heading');

  const add = (version: string, count: number): void => {
    const results = counters.results.of(version, ['NEGATIVE', 'POSITIVE']);
    for (let i = 0; i < count; i++) results.add(i % 2, 0.9, 12, 0, false);
  };
  add('1f0c9a2b77d1', 800);
  add('8be03d5520aa', 200);
  counters.canary = new CanaryCounts({ name: 'tickets-v8', version: '8be03d5520aa' }, 0.2);
  for (let i = 0; i < 80; i++)
    counters.canary.compared.add({
      ...(differences[0] as (typeof differences)[0]),
      otherLabel: 'POSITIVE',
      distance: 0,
    });
  for (const each of differences) counters.canary.compared.add(each);
  counters.canary.slowdown = 1.27;
  await page.locator('#models-state', { hasText: 'answers 20.0 % of the keys' }).waitFor();
  assert.deepEqual(await page.locator('#models-versions tr').allTextContents(), [
    '1f0c9a2b77d180080.0 %',
    '8be03d5520aa20020.0 %',
  ]);
  assert.deepEqual(
    await Promise.all(['models-name', 'models-agreement', 'models-compared', 'models-slowdown'].map(text)),
    ['tickets-v8 (8be03d5520aa)', '80.0 %', '100, 0 skipped', '1.27 ×'],
  );
  assert.equal(await page.locator('#models-differences tr').count(), 20);
  assert.equal(
    await page.locator('#models-differences tr').first().textContent(),
    'requests/0/1000POSITIVE 99.0 %NEGATIVE 90.0 %',
  );
  await picture('canary');

  counters.canary.endedBy = 'disagreement';
  await page.locator('#models-state[data-level="bad"]', { hasText: 'returned: disagreement' }).waitFor();
  await picture('returned');

  counters.canary = undefined;
  counters.shadow = new AnswerComparison({ name: 'tickets-v9', version: '33aa10ff8c02' });
  await page.locator('#models-state', { hasText: 'asked beside' }).waitFor();
  assert.deepEqual([await text('models-agreement'), await text('models-other')], ['–', 'Shadow']);
  assert.equal(await page.locator('#models-scroll').isHidden(), true);
  await page.setViewportSize({ width: 390, height: 800 });
  for (const each of differences) counters.shadow.add(each);
  await page.locator('#models-scroll').waitFor({ state: 'visible' });
  const wider = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
  assert.ok(wider <= 0, `${wider} pixels wider than a telephone`);
  await picture('shadow-narrow');
  assert.deepEqual(problems, []);
});
