/** What the page shows of a service in trouble, and to people without a mouse. The service is made up. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { createHttpServer } from '../../src/http/server.ts';
import type { HealthReport } from '../../src/http/service-view.ts';
import { noChromium, openBrowser } from '../helpers/chromium.ts';
import type { Facts } from '../../src/why/facts.ts';
import { whyReport } from '../../src/why/report.ts';
import { fakeView, healthy } from '../unit/http/fixture.ts';
import { facts } from '../unit/why/facts.ts';

const timeout = 120_000;

const partitions = Array.from({ length: 8 }, (_, partition) => ({
  topic: 'requests',
  partition,
  lagMessages: 0,
  lagSeconds: 0,
  heldBack: 0,
  holder: null,
  status: 'ok' as const,
  paused: false,
}));

/** A page over a service whose health the test decides. */
async function openPage(t: TestContext) {
  const health: { report: HealthReport; facts: Partial<Facts> } = { report: healthy, facts: {} };
  const { build, ...view } = fakeView();
  const server = createHttpServer({
    host: '127.0.0.1',
    port: 0,
    requestsPerSecond: 1_000,
    view: {
      ...view,
      build,
      readiness: () => health.report,
      why: () => whyReport(facts(health.facts), { capacityPerS: 1_000, desiredReplicas: 0.5 }),
      details: () => ({ ...fakeView().details(), build, partitions }),
      recentDeadLetters: () => [
        {
          at: 0,
          topic: 'requests',
          partition: 3,
          offset: 17,
          errorType: 'invalid_json',
          stage: 'decode',
          reason: 'No.',
        },
      ],
    },
  });
  const { port } = await server.start();
  t.after(() => server.stop());
  const context = await (await openBrowser(t)).newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  page.setDefaultTimeout(timeout);
  // What is written on a canvas can only be seen while it is written.
  await page.addInitScript(`
    const { fillText, clearRect } = CanvasRenderingContext2D.prototype;
    CanvasRenderingContext2D.prototype.clearRect = function (...area) {
      this.canvas.written = [];
      return clearRect.apply(this, area);
    };
    CanvasRenderingContext2D.prototype.fillText = function (text, ...place) {
      (this.canvas.written ??= []).push(text);
      return fillText.call(this, text, ...place);
    };`);
  await page.goto(`http://127.0.0.1:${port}/`);
  await page.locator('#state', { hasText: 'running' }).waitFor();
  return { page, server, health, view };
}

const pixels = (colour: string): number[] =>
  [...colour.replace('#', '').matchAll(/../g)].map(([hex]) => Number.parseInt(hex, 16) / 255);

/** WCAG 2: 21 for black on white. */
function contrast(one: string, other: string): number {
  const luminance = (colour: string): number => {
    const [r = 0, g = 0, b = 0] = pixels(colour).map((c) =>
      c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4,
    );
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const [low = 0, high = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

async function colours(page: Page): Promise<(name: string) => string> {
  const names = ['surface', 'ground', 'text', 'muted', 'accent', 'accent-2', 'accent-3', 'warn', 'bad'];
  const values = await page.evaluate<string[]>(`
    [${names.map((name) => `'--${name}'`)}].map((name) =>
      getComputedStyle(document.documentElement).getPropertyValue(name).trim()
        .replace(/^#(.)(.)(.)$/, '#$1$1$2$2$3$3'))`);
  return (name) => values[names.indexOf(name)] as string;
}

test('the page and its figures', { skip: noChromium, timeout: 300_000 }, async (t) => {
  const { page, server, health, view } = await openPage(t);

  await t.test('no tick of an idle chart is written twice', async () => {
    const written = await page.evaluate<string[][]>(
      '[...document.querySelectorAll(".chart canvas")].map((canvas) => canvas.written)',
    );
    assert.equal(written.length, 4);
    for (const texts of written) {
      const ticks = texts.filter((text) => !text.includes(':'));
      assert.ok(ticks.length >= 2, texts.join(' '));
      assert.equal(new Set(ticks).size, ticks.length, ticks.join(' '));
    }
  });

  await t.test('eight partitions are seen without scrolling', async () => {
    const hidden = await page.evaluate(`(() => {
      const scroll = document.querySelector('#partitions').closest('.scroll');
      return scroll.scrollHeight - scroll.clientHeight;
    })()`);
    assert.equal(hidden, 0);
  });

  await t.test('lines have a contrast of 3, words of 4.5', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      const colour = await colours(page);
      for (const line of ['accent', 'accent-2', 'accent-3']) {
        const found = contrast(colour(line), colour('surface'));
        assert.ok(found >= 3, `${line} in ${colorScheme}: ${found.toFixed(2)}`);
      }
      for (const word of ['text', 'muted', 'warn', 'bad'])
        for (const below of ['surface', 'ground'])
          assert.ok(contrast(colour(word), colour(below)) >= 4.5, `${word} on ${below} in ${colorScheme}`);
    }
  });

  await t.test('a chart is read with the keyboard', async () => {
    const chart = page.locator('#chart-lag');
    await chart.focus();
    await chart.press('ArrowLeft');
    // Both at once: a sample may come at any moment, and moves the reading.
    const [said, shown] = await page.evaluate<string[]>(
      `[document.querySelector('#chart-lag').getAttribute('aria-valuetext'),
        document.querySelector('#chart-lag-readout').textContent]`,
    );
    assert.match(said ?? '', /^\d\d:\d\d:\d\d .* 0$/);
    assert.equal(shown, said);
    await chart.press('Escape');
    assert.equal(await page.locator('#chart-lag-readout').textContent(), '');
  });

  await t.test('bars are read out in whole per cent', async () => {
    view.counters.stage.infer.record(3.3);
    view.counters.stage.decode.record(1.7);
    const isBetween = (value: number): boolean => value > 0 && value < 100;
    let values: number[] = [];
    for (const deadline = Date.now() + timeout; !values.some(isBetween) && Date.now() < deadline; ) {
      await sleep(50);
      values = await page.evaluate(
        '[...document.querySelectorAll("main progress")].map(({ value }) => value)',
      );
    }
    assert.ok(values.some(isBetween), values.join(' '));
    for (const value of values) assert.equal(value, Math.round(value));
  });

  await t.test('a dead letter is named as "dlq show" takes it', async () => {
    await page.locator('#letters td', { hasText: 'requests/3/17' }).waitFor();
  });

  await t.test('what limits it is said in a sentence, with the remedy, and read out once', async () => {
    await page.locator('#why-sentence', { hasText: /^Nothing is wrong: 400 messages a second/ }).waitFor();
    assert.equal(await page.locator('#why-remedy').textContent(), '');
    health.facts = { backlog: 5_000, inference: { busy: 0.98, threads: 2 }, consumers: 6 };
    await page.locator('#why-severity[data-level="warn"]', { hasText: 'slow' }).waitFor();
    const sentence = (await page.locator('#why-sentence').textContent()) ?? '';
    assert.match(sentence, /^The model is the limit: 2 inference threads are busy 98 % of the time\./);
    assert.match(
      (await page.locator('#why-remedy').textContent()) ?? '',
      /^Start more processes of the group/,
    );
    assert.match((await page.locator('#why-also li').textContent()) ?? '', /^2 of 6 consumers/);
    assert.equal(await page.locator('#why-said[role="status"]').textContent(), sentence);
    health.facts = { backlog: 6_000, inference: { busy: 0.97, threads: 2 } };
    await page.locator('#why-sentence', { hasText: '97 %' }).waitFor();
    assert.equal(await page.locator('#why-said').textContent(), sentence, 'the limit is the same');
    assert.equal(await page.locator('#why-also').isHidden(), true);
  });

  await t.test('a service without a broker is not called running, and its lag not known', async () => {
    const reason = 'No broker has answered for 74 s.';
    health.report = { ok: false, checks: [{ name: 'broker', ok: false, reason }] };
    await page.locator('#state', { hasText: 'no broker' }).waitFor();
    assert.deepEqual(
      new Set(await page.locator('#partitions td:last-child').allTextContents()),
      new Set(['unknown']),
    );
    for (const id of ['tile-lag', 'panel-partitions'])
      assert.equal(await page.locator(`#${id}[data-stale]`).count(), 1, id);
    health.report = { ok: false, checks: [{ name: 'dead_letters', ok: false, reason: 'Too many.' }] };
    await page.locator('#state', { hasText: 'stopped' }).waitFor();
    assert.equal(await page.locator('[data-stale]').count(), 0);
  });

  await t.test('figures of a service that has gone do not look alive', async () => {
    await server.stop();
    await page.locator('#live-view[data-stale]').waitFor();
    await page.locator('#reason', { hasText: /Figures of \d\d:\d\d:\d\d\./ }).waitFor();
  });
});
