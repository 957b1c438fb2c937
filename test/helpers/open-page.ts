/** The live page over a service that is made up, for tests of what it has kept. */
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser, Page } from 'playwright-core';
import { historyColumns } from '../../src/http/live/live-history.ts';
import { createHttpServer } from '../../src/http/server.ts';
import type { HealthReport } from '../../src/http/service-view.ts';
import { createLogger } from '../../src/log.ts';
import { fakeView, healthy } from '../unit/http/fixture.ts';

const TIMEOUT_MS = 120_000;

/** A service whose health, log and counters the test decides. */
export async function startService(t: TestContext, port = 0) {
  const health: { report: HealthReport } = { report: healthy };
  const logger = createLogger({ level: 'silent', format: 'json' });
  const view = { ...fakeView(), readiness: () => health.report };
  const server = createHttpServer({ host: '127.0.0.1', port, requestsPerSecond: 1_000, view, logger });
  const { port: bound } = await server.start();
  t.after(() => server.stop());
  return { health, logger, view, server, port: bound };
}

export async function openPage(browser: Browser, port: number, size = { width: 1440, height: 900 }) {
  const context = await browser.newContext({ viewport: size });
  const page = await context.newPage();
  page.setDefaultTimeout(TIMEOUT_MS);
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) problems.push(message.text());
  });
  const goTo = async () => {
    await page.goto(`http://127.0.0.1:${port}/`);
    await page.locator('#state', { hasText: 'running' }).waitFor();
  };
  return { page, problems, goTo };
}

/** A service that has run for an hour: the throughput is 100, and for ten minutes it was away. */
export async function pretendAnHour(page: Page, events: readonly object[] = []) {
  const end = Math.floor(Date.now() / 1_000);
  const at = Array.from({ length: 3_590 }, (_, i) => end - 3_590 + i).filter(
    (time) => time < end - 1_800 || time > end - 1_200,
  );
  const samples = Object.fromEntries([
    ['at', at],
    ...historyColumns.map((name) => [name, at.map(() => 100)]),
  ]);
  await page.route('**/api/v1/monitoring/history', (route) =>
    route.fulfill({ json: { keptSeconds: 3_600, samples, events } }),
  );
  return end;
}

export const event = (at: number, title: string, level = 'warn', detail = '') => ({
  ...{ at, name: title.toLowerCase().replaceAll(' ', '_'), level, title, detail, count: 1 },
});

/** Presses keys in the chart of the throughput and tells what it says then. */
export async function readout(page: Page, ...keys: string[]): Promise<string> {
  const chart = page.locator('#chart-throughput');
  await chart.focus();
  for (const key of keys) await chart.press(key);
  return (await chart.getAttribute('aria-valuetext')) ?? '';
}

/** The chart is not empty, and reaches back by so much. */
export async function waitForSamples(page: Page, count: number): Promise<void> {
  for (let seen = 0; seen < count; await sleep(50)) {
    await readout(page, 'End');
    seen = Number(await page.locator('#chart-throughput').getAttribute('aria-valuemax')) + 1;
  }
}
