/** The live page in a real browser, over a service that consumes from a broker inside this process. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser, Page } from 'playwright-core';
import { serve } from '../../src/cli/serve.ts';
import { loadConfig } from '../../src/config/load.ts';
import { RequestSender } from '../../src/demo/request-sender.ts';
import { plainTopic } from '../../src/demo/shaped-requests.ts';
import { EmbeddedBroker } from '../../src/kafka/embedded.ts';
import { createLogger } from '../../src/log.ts';
import { HighThroughputKafkaConsumer } from '../../src/service/high-throughput-kafka-consumer.ts';
import { noChromium, openBrowser } from '../helpers/chromium.ts';
import { produceAll } from '../helpers/kafka-client.ts';

const marker = 'nobody-may-read-this';
const token = 'a-token-of-some-length-0123456789';
/** The machine may be busy; what is waited for comes or does not come. */
const timeout = 60_000;

/** A running service; `send` gives it messages. */
async function startService(t: TestContext) {
  const broker = await EmbeddedBroker.start();
  const { config } = loadConfig({
    overrides: {
      'kafka.bootstrap_servers': [broker.bootstrapServers],
      'kafka.consumer_threads': 1,
      'kafka.auto_offset_reset': 'earliest',
      'kafka.dlq_stop_ratio': 0,
      'model.max_threads': 1,
      'http.port': 0,
    },
  });
  t.after(() => broker.stop());
  const topic = config.kafka.topic[0] as string;
  const otherTopics = [config.kafka.results_topic, config.kafka.dlq_topic];
  const creator = new RequestSender({
    topics: [plainTopic(topic)],
    otherTopics,
    properties: broker.properties,
    seed: 1,
    style: 'sst2',
  });
  await creator.connect(); // asking for a topic is how the embedded broker gets one
  await creator.disconnect();
  const logger = createLogger({ level: 'silent', format: 'json' });
  const consumer = new HighThroughputKafkaConsumer({ config, logger });
  t.after(() => consumer.stop());
  await consumer.start();
  const send = (...values: string[]) =>
    produceAll(
      broker.bootstrapServers,
      topic,
      values.map((value) => ({ value })),
    );
  return { consumer, send };
}

/** A page that reports everything that a strict page never does. */
async function openPage(browser: Browser, url: string, options: object = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(timeout);
  const problems: string[] = [];
  const urls: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) problems.push(message.text());
  });
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('request', (request) => urls.push(request.url()));
  await page.goto(`${url}/`);
  return { page, problems, urls };
}

const text = async (page: Page, id: string): Promise<string> =>
  (await page.locator(`#${id}`).textContent()) ?? '';

test('the live page', { skip: noChromium }, async (t) => {
  const { consumer, send } = await startService(t);
  const { server, url } = await serve(consumer, 0);
  t.after(() => server.stop());
  const browser = await openBrowser(t);
  const { page, problems, urls } = await openPage(browser, url);

  await t.test('numbers move while messages flow', async () => {
    await page.locator('#state', { hasText: 'running' }).waitFor();
    let seen = await text(page, 'processed');
    for (let round = 0; round < 3; round++) {
      await send(
        ...Array.from({ length: 200 }, (_, i) => JSON.stringify({ text: `Round ${round} is fine, ${i}` })),
      );
      while ((await text(page, 'processed')) === seen) await sleep(50);
      seen = await text(page, 'processed');
    }
    while ((await text(page, 'processed')) !== '600') await sleep(50);
    assert.match(await text(page, 'processing-p50'), /^[\d.]+ (ms|s)$|^–$/);
    assert.equal(await page.locator('#partitions tr').count(), 4);
    assert.equal(await page.locator('#stages tr').count(), 6);
    assert.equal(await page.locator('.chart canvas').count(), 4);
    assert.ok(Number(await text(page, 'committed')) > 0);
  });

  await t.test('the box is found, filled and sent with the keyboard alone', async () => {
    const focused = () => page.evaluate('document.activeElement.id');
    for (let tabs = 0; (await focused()) !== 'sentence'; tabs++) {
      assert.ok(tabs < 30, 'Tab leads to the box');
      await page.keyboard.press('Tab');
    }
    await page.keyboard.type('What a wonderful film, I loved every minute of it.');
    await page.keyboard.press('Enter');
    await page.locator('#verdict strong', { hasText: 'POSITIVE' }).waitFor();
    await page.keyboard.press('Tab');
    assert.equal(await focused(), 'classify');
  });

  await t.test('the words that decided are marked, with their sign in the text', async () => {
    const box = page.locator('#sentence');
    await box.fill('Great acting,\na weak and dull story.');
    await page.locator('#classify').click();
    const words = page.locator('#words ruby');
    await words.filter({ hasText: /^dull\+\d+\.\d$/ }).waitFor();
    await words.filter({ hasText: /^Great\u2212\d+\.\d$/ }).waitFor();
    assert.equal(await words.filter({ hasText: 'dull' }).getAttribute('data-sign'), 'for');
    const shown = await page.evaluate(`(() => {
      const copy = document.querySelector('#words .words').cloneNode(true);
      for (const number of copy.querySelectorAll('rt')) number.remove();
      return copy.textContent;
    })()`);
    assert.equal(shown, await box.inputValue());
    const lines = await page.evaluate(
      "Array.from(document.querySelectorAll('#words ruby'), (word) => getComputedStyle(word).borderBottomStyle)",
    );
    assert.deepEqual([...new Set(lines as string[])].sort(), ['dashed', 'solid']);
  });

  await t.test('a poison message appears with its reason and without its text', async () => {
    await send(`{"text": "${marker}`, `{"id": "${marker}"}`);
    const rows = page.locator('#letters tr');
    await rows.filter({ hasText: 'invalid_json' }).waitFor();
    await rows.filter({ hasText: 'invalid_message' }).waitFor();
    await page.locator('#dead-letters', { hasText: '2' }).waitFor();
    assert.doesNotMatch(await page.content(), new RegExp(marker));
  });

  await t.test('light and dark, by the system and by the button', async () => {
    const ground = () => page.evaluate('getComputedStyle(document.body).backgroundColor');
    await page.emulateMedia({ colorScheme: 'light' });
    const light = await ground();
    await page.emulateMedia({ colorScheme: 'dark' });
    const dark = await ground();
    assert.notEqual(light, dark);
    await page.locator('#theme').press('Enter');
    assert.equal(await ground(), light);
    await page.reload();
    assert.equal(await ground(), light, 'it is remembered');
    await page.locator('#state', { hasText: 'running' }).waitFor();
  });

  await t.test('a phone needs no sideways scrolling', async () => {
    for (const width of [320, 390, 768]) {
      await page.setViewportSize({ width, height: 800 });
      const wide = Number(await page.evaluate('document.documentElement.scrollWidth'));
      assert.ok(wide <= width, `${wide} at ${width}`);
    }
  });

  await t.test('nothing was refused by the policy, nothing failed, nothing came from elsewhere', () => {
    assert.deepEqual(problems, []);
    assert.deepEqual(
      urls.filter((asked) => !asked.startsWith(`${url}/`)),
      [],
    );
  });

  await t.test('a script that somebody slips in does not run', async () => {
    await page.evaluate(`
      const script = document.createElement('script');
      script.textContent = 'document.title = "slipped in"';
      document.body.append(script);`);
    assert.notEqual(await page.title(), 'slipped in');
  });

  await t.test('a service that has gone is named as gone', async () => {
    await server.stop();
    await page.locator('#state', { hasText: 'no connection' }).waitFor();
  });
});

test('with a token the page asks for it, keeps it in the tab and never in an address', {
  skip: noChromium,
}, async (t) => {
  const { consumer } = await startService(t);
  const { http } = consumer.config;
  Object.defineProperty(consumer, 'config', { value: { ...consumer.config, http: { ...http, token } } });
  const { server, url } = await serve(consumer, 0);
  t.after(() => server.stop());
  const { page, urls } = await openPage(await openBrowser(t), url);
  for (const attempt of ['not-the-token-at-all', token]) {
    await page.locator('#token-dialog[open]').waitFor();
    await page.keyboard.type(attempt);
    await page.keyboard.press('Enter');
    if (attempt !== token) await page.locator('#token-hint', { hasText: 'not the right one' }).waitFor();
  }
  await page.locator('#state', { hasText: 'running' }).waitFor();
  await page.locator('#sentence').fill('A terrible film.');
  await page.locator('#classify').click();
  await page.locator('#verdict strong', { hasText: 'NEGATIVE' }).waitFor();
  assert.ok(!urls.some((asked) => asked.includes(token)));
  assert.equal(await page.evaluate('JSON.stringify(localStorage)'), '{}');
  assert.equal(await page.evaluate('sessionStorage.getItem("token")'), token);
  await page.locator('#forget').click();
  await page.locator('#token-dialog[open]').waitFor();
  assert.equal(await page.evaluate('sessionStorage.length'), 0);
});
