/** The live page as something that is left open: its last hour, what has happened, a view that stands still. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { noChromium, openBrowser } from '../helpers/chromium.ts';
import {
  event,
  openPage,
  pretendAnHour,
  readout,
  startService,
  waitForSamples,
} from '../helpers/open-page.ts';

const options = { skip: noChromium, timeout: 240_000 };

test('the charts survive a reload, and a page that is opened later begins with them', options, async (t) => {
  const { port, logger } = await startService(t);
  const browser = await openBrowser(t);
  const { page, problems, goTo } = await openPage(browser, port);
  await goTo();
  await waitForSamples(page, 4);
  logger.info('model_reloaded', { from: 'one', to: 'two' });
  await page.locator('#events tr', { hasText: 'one → two' }).waitFor();
  const first = await readout(page, 'Home');
  assert.match(first, /^\d\d:\d\d:\d\d /);
  await page.reload();
  await waitForSamples(page, 4);
  assert.equal(await readout(page, 'Home'), first);
  const other = await openPage(browser, port);
  await other.goTo();
  await waitForSamples(other.page, 4);
  assert.equal(await readout(other.page, 'Home'), first);
  for (const each of [page, other.page]) await each.locator('#events tr', { hasText: 'one → two' }).waitFor();
  assert.deepEqual([...problems, ...other.problems], []);
});

test('a restart of the service leaves a gap, and what the page has seen before', options, async (t) => {
  const { port, server } = await startService(t);
  const { page, goTo } = await openPage(await openBrowser(t), port);
  await goTo();
  await waitForSamples(page, 3);
  const first = await readout(page, 'Home');
  await server.stop();
  await page.locator('#state', { hasText: 'no connection' }).waitFor();
  await sleep(4_000); // longer than a late sample
  await startService(t, port);
  await page.locator('#state', { hasText: 'running' }).waitFor();
  const seen = Number(await page.locator('#chart-throughput').getAttribute('aria-valuemax')) + 1;
  await waitForSamples(page, seen + 3);
  assert.equal(await readout(page, 'Home'), first);
  let isGap = false;
  for (let i = 0; i < seen && !isGap; i++) isGap = (await readout(page, 'ArrowRight')).endsWith('–');
  assert.ok(isGap, 'the line does not go from one process to the next');
});

test('how far back, by mouse and keyboard; the choice is kept', options, async (t) => {
  const { port } = await startService(t);
  const { page, problems, goTo } = await openPage(await openBrowser(t), port);
  await pretendAnHour(page);
  await goTo();
  const chart = page.locator('#chart-throughput');
  const checked = () => page.locator('input[name="range"]:checked').getAttribute('value');
  const secondsAt = async (key: string) => {
    const [hours = 0, minutes = 0, seconds = 0] = (await readout(page, key))
      .slice(0, 8)
      .split(':')
      .map(Number);
    return 3_600 * hours + 60 * minutes + seconds;
  };
  await waitForSamples(page, 2_900);
  assert.match(
    (await chart.getAttribute('aria-label')) ?? '',
    /^Throughput over the last 5 minutes; arrow keys/,
  );
  await page.locator('label', { hasText: '15 min' }).click();
  assert.match((await chart.getAttribute('aria-label')) ?? '', /the last 15 minutes;/);
  await page.locator('input[value="900"]').press('ArrowRight');
  assert.equal(await checked(), '3600');
  assert.match((await chart.getAttribute('aria-label')) ?? '', /the last hour;/);
  assert.match(await readout(page, 'Home'), / 100$/);
  const wide = (await secondsAt('End')) - (await secondsAt('Home'));
  assert.ok((wide + 86_400) % 86_400 > 3_500, `${wide} seconds, or over midnight`);
  await page.reload();
  await waitForSamples(page, 2_900);
  assert.equal(await checked(), '3600');
  // Half an hour back the service was away.
  const texts: string[] = [];
  await readout(page, 'End');
  for (let i = 0; i < 7; i++) texts.push(await readout(page, 'PageUp'));
  assert.ok(
    texts.every((text) => / (100|–)$/.test(text)),
    texts.join('\n'),
  );
  const times = texts.map((text) => text.slice(0, 5));
  assert.equal(new Set(times).size, times.length, times.join(' '));
  assert.deepEqual(problems, []);
});

test('a view that is paused stands still, says so, and catches up', options, async (t) => {
  const { port, health, view, logger } = await startService(t);
  const { page, problems, goTo } = await openPage(await openBrowser(t), port);
  await goTo();
  await waitForSamples(page, 2);
  const processed = page.locator('#processed');
  await page.locator('#hold', { hasText: 'Pause view' }).press('Enter');
  await page.locator('#held', { hasText: /^Paused: charts and figures are from \d\d:\d\d:\d\d\./ }).waitFor();
  assert.equal(await page.locator('#live-view[data-held]').count(), 1);
  assert.equal(
    await page.locator('#live-view h2:not([data-as-of], #h-try)').count(),
    0,
    'every panel says of when it is',
  );
  assert.match((await page.locator('#chart-lag').getAttribute('aria-label')) ?? '', /, paused;/);
  const [before, last] = [await processed.textContent(), await readout(page, 'End')];
  view.counters.messagesProcessed += 4_321;
  logger.warn('consumer_paused', { paused: 2 });
  const reason = 'No broker has answered for 74 s.';
  health.report = { ok: false, checks: [{ name: 'broker', ok: false, reason }] };
  await page.locator('#state', { hasText: 'no broker' }).waitFor();
  assert.equal(await processed.textContent(), before);
  assert.equal(await readout(page, 'End'), last);
  assert.equal(await page.locator('#events tr').count(), 0);
  health.report = { ok: true, checks: [{ name: 'broker', ok: true }] };
  await page.locator('#state', { hasText: 'running' }).waitFor();
  await page.locator('#hold', { hasText: 'Resume view' }).click();
  const now = view.counters.messagesProcessed.toLocaleString('en');
  await page.locator('#processed', { hasText: now }).waitFor();
  for (const title of ['Broker lost', 'Broker found', 'Paused'])
    await page.locator('#events .pill', { hasText: new RegExp(`^${title}$`) }).waitFor();
  assert.equal(await page.locator('[data-held], [data-as-of]').count(), 0);
  assert.equal(await page.locator('#held').textContent(), '');
  assert.notEqual(await readout(page, 'End'), last);
  assert.deepEqual(problems, []);
});

test('events are marks with a name, and a list', options, async (t) => {
  const { port, logger } = await startService(t);
  const { page, problems, goTo } = await openPage(await openBrowser(t), port);
  const now = Math.floor(Date.now() / 1_000);
  const events = [
    event(now - 1_500, 'Canary returned', 'bad', 'disagreement'),
    event(now - 100, 'Model reloaded'),
  ];
  await pretendAnHour(page, events);
  await goTo();
  const rows = page.locator('#events tr');
  await rows.nth(1).waitFor();
  const titles = page.locator('#events .pill');
  const label = page.locator('#chart-throughput .mark-name');

  await t.test('the keyboard goes from event to event', async () => {
    await waitForSamples(page, 2_900);
    assert.match(await readout(page, 'End', 'Shift+ArrowLeft'), /\. Model reloaded$/);
    assert.match((await label.textContent()) ?? '', /^\d\d:\d\d:\d\d Model reloaded$/);
    assert.match(await readout(page, 'Escape', 'Home', 'Shift+ArrowRight'), /\. Model reloaded$/);
    assert.equal(await label.isVisible(), true);
    assert.equal((await readout(page, 'Escape')).includes('Model'), false);
    assert.equal(await label.isVisible(), false);
  });

  await t.test('the mouse finds a mark', async () => {
    await page.locator('#hold').click();
    const end = (await readout(page, 'End')).slice(0, 8);
    await page.locator('#chart-throughput').press('Escape');
    const day = new Date(1_000 * now).toDateString();
    const endsAt = Date.parse(`${day} ${end}`) / 1_000;
    const over = page.locator('#chart-throughput .u-over');
    const { width = 0 } = (await over.boundingBox()) ?? {};
    await over.hover({ position: { x: (width * (now - 100 - (endsAt - 300))) / 300, y: 40 } });
    await page.locator('#chart-throughput .mark-name', { hasText: 'Model reloaded' }).waitFor();
    await page.locator('#chart-lag .mark-name', { hasText: 'Model reloaded' }).waitFor();
    await over.hover({ position: { x: 5, y: 40 } });
    await label.waitFor({ state: 'hidden' });
    await page.locator('#hold').click();
  });

  await t.test(
    'the list is newest first, one of it in the order of Tab, and points at the mark',
    async () => {
      assert.deepEqual(await titles.allTextContents(), ['Model reloaded', 'Canary returned']);
      assert.equal(await page.locator('#events button[tabindex="0"]').count(), 1);
      await page.locator('#events button[tabindex="0"]').focus();
      await label.filter({ hasText: 'Model reloaded' }).waitFor();
      await page.keyboard.press('ArrowDown');
      assert.equal(await page.evaluate('document.activeElement.closest("tr").rowIndex'), 2);
      await page.keyboard.press('Enter');
      assert.equal(await page.locator('input[name="range"]:checked').getAttribute('value'), '3600');
      await label.filter({ hasText: 'Canary returned: disagreement' }).waitFor();
    },
  );

  await t.test(
    'one that happens now appears on top, is read out, and takes the focus from nobody',
    async () => {
      logger.info('config_reloaded', { changed: ['logging.level: "info" -> "debug"'] });
      await page.locator('#events tr', { hasText: 'logging.level' }).waitFor();
      assert.equal((await titles.allTextContents())[0], 'Configuration reloaded');
      const said = page.locator('#events-said[role="status"]');
      assert.equal(await said.textContent(), 'Configuration reloaded: logging.level');
      assert.equal(await page.evaluate('document.activeElement.closest("tr").rowIndex'), 3);
      logger.info('config_reloaded', { changed: ['logging.level: "debug" -> "info"'] });
      await page.locator('#events tr', { hasText: '2 times' }).waitFor();
      assert.equal(await rows.count(), 3);
    },
  );
  assert.deepEqual(problems, []);
});
