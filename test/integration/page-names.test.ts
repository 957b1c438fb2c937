/** The live page in a real browser, where every name that somebody else may choose is hostile. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nothingHeldBack } from '../../src/lag.ts';
import { noChromium, openBrowser } from '../helpers/chromium.ts';
import { fakeView, startServer } from '../unit/http/fixture.ts';

const markup = `"><img src=x onerror="window.hacked=1"><script>window.hacked=1</script>'`;
/** Turns what follows around, deletes, moves the cursor of a terminal, breaks lines. */
const invisible = '\u202e\u2066\u200f\u0085\u009b31m\u0000\u001b[2J\u2028';
const long = 'm'.repeat(20_000);
const hostile = (kind: string): string => `${kind}${markup}${invisible}${kind}-end`;

test('hostile names are text, are seen as what they are, and break nothing', {
  skip: noChromium,
}, async (t) => {
  const view = fakeView();
  const lag = { ...nothingHeldBack, heldBack: 3, lagMessages: 7, lagSeconds: 1, status: 'blocked' };
  const partitions = ['topic', long].map((topic, partition) => {
    return { ...lag, topic: hostile(topic), partition, holder: hostile('holder'), committedOffset: 0 };
  });
  const { port } = await startServer(t, {
    ...view,
    labels: { topic: hostile('topic'), consumerGroup: hostile('group') },
    build: { ...view.build, model: hostile('model'), version: long },
    details: () => ({ ...view.details(), partitions }) as never,
    readiness: () => ({ ok: false, checks: [{ name: 'x', ok: false, reason: hostile(`reason${long}`) }] }),
    recentDeadLetters: () => [
      {
        at: 0,
        stage: 'decode',
        errorType: 'internal',
        reason: hostile('letter'),
        topic: hostile(long),
        partition: 0,
        offset: 1,
      },
    ],
    predict: async (texts) => texts.map(() => ({ label: hostile('label'), score: 0.5, truncated: false })),
  });
  const browser = await openBrowser(t);
  const page = await (await browser.newContext({ viewport: { width: 390, height: 800 } })).newPage();
  page.setDefaultTimeout(60_000);
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
  await page.goto(`http://127.0.0.1:${port}/`);
  await page.locator('#partitions .pill').first().waitFor();
  await page.locator('#letters .name').first().waitFor();
  await page.locator('#sentence').fill('Fine.');
  await page.locator('#classify').click();
  await page.locator('#verdict strong').waitFor();

  const elements = await page.evaluate('document.querySelectorAll("img, script:not([src])").length');
  assert.deepEqual([elements, await page.evaluate('window.hacked')], [0, undefined]);
  const texts = (await page.evaluate(`[
    document.title,
    document.body.textContent,
    ...[...document.querySelectorAll('[title], [aria-label]')].map((e) => e.title + e.ariaLabel),
  ].join('\\n')`)) as string;
  assert.doesNotMatch(texts, /(?![\n\t])\p{Cc}|[\p{Cf}\p{Zl}\p{Zp}]/u);
  for (const name of ['topic', 'group', 'model', 'holder', 'letter', 'label'])
    assert.ok(texts.includes(`${name}${markup}`), name);
  for (const width of [320, 1280]) {
    await page.setViewportSize({ width, height: 800 });
    const wide = Number(await page.evaluate('document.documentElement.scrollWidth'));
    assert.ok(wide <= width, `${wide} at ${width}`);
  }
  const height = Number(await page.evaluate('document.documentElement.scrollHeight'));
  assert.ok(height < 10_000, `${height} pixels: a long name does not push everything else away`);
  assert.deepEqual(problems, []);
});
