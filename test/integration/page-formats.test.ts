/** The live page on a phone and on paper. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noChromium, openBrowser } from '../helpers/chromium.ts';
import { event, openPage, pretendAnHour, readout, startService } from '../helpers/open-page.ts';

const options = { skip: noChromium, timeout: 240_000 };

test('a phone shows all of it without sideways scrolling', options, async (t) => {
  const { port } = await startService(t);
  const { page, goTo } = await openPage(await openBrowser(t), port, { width: 390, height: 844 });
  const now = Math.floor(Date.now() / 1_000);
  const reason = `cannot read \u202e<img src=x>${'a-directory-with-a-long-name/'.repeat(9)}model.onnx`;
  await pretendAnHour(page, [event(now - 100, 'Model refused', 'bad', reason), event(now - 60, 'Resumed')]);
  await goTo();
  await page.locator('#events tr').nth(1).waitFor();
  await readout(page, 'End', 'Shift+ArrowLeft', 'Shift+ArrowLeft');
  await page.locator('#chart-throughput .mark-name', { hasText: 'Model refused' }).waitFor();
  assert.equal(await page.locator('img').count(), 0, 'names are text');
  assert.doesNotMatch(String(await page.evaluate('document.body.innerHTML')), /\u202e/);
  for (const isHeld of [false, true]) {
    if (isHeld) await page.locator('#hold').click();
    for (const width of [320, 390]) {
      await page.setViewportSize({ width, height: 844 });
      const wide = Number(await page.evaluate('document.documentElement.scrollWidth'));
      assert.ok(wide <= width, `${wide} at ${width}`);
    }
  }
  for (const target of await page.locator('.bar label, .bar button').all()) {
    const { height = 0, width = 0 } = (await target.boundingBox()) ?? {};
    assert.ok(height >= 24 && width >= 24, `${width} x ${height}`);
  }
});

test('on paper there is nothing to press, all rows, light colours and the time', options, async (t) => {
  const { port } = await startService(t);
  const { page, goTo } = await openPage(await openBrowser(t), port);
  const now = Math.floor(Date.now() / 1_000);
  const many = Array.from({ length: 40 }, (_, i) => event(now - 20 * i, `Event ${i}`));
  await pretendAnHour(page, many);
  await page.emulateMedia({ colorScheme: 'dark' });
  await goTo();
  await page.locator('#events tr').nth(39).waitFor();
  const ground = () =>
    page.evaluate('getComputedStyle(document.documentElement).getPropertyValue("--ground")');
  const dark = await ground();
  await page.evaluate('dispatchEvent(new Event("beforeprint"))');
  await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
  assert.notEqual(await ground(), dark);
  for (const id of ['hold', 'theme', 'to-letters', 'predict'])
    assert.equal(await page.locator(`#${id}`).isVisible(), false, id);
  await page
    .locator('#printed', {
      hasText: /^Printed \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\. The charts show the last 5 minutes\.$/,
    })
    .waitFor();
  const cut = await page.evaluate(`(() => {
    const scroll = document.querySelector('#events-scroll');
    return scroll.scrollHeight - scroll.clientHeight;
  })()`);
  assert.equal(cut, 0);
  await page.evaluate('dispatchEvent(new Event("afterprint"))');
  await page.emulateMedia({ media: 'screen', colorScheme: 'dark' });
  assert.equal(await ground(), dark);
  await page.evaluate('document.querySelector("#printed").textContent = ""');
  await page.pdf();
  assert.notEqual(await page.locator('#printed').textContent(), '', 'a real printer is told, too');
});
