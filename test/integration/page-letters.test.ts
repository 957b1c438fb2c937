/** Dead letters on the live page: found by an address, opened, replayed, in a real browser over a real Kafka. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noChromium, openBrowser } from '../helpers/chromium.ts';
import { workplace } from '../helpers/command.ts';
import { checkDelivery, headerOf, waitForDelivery, waitForRecords } from '../helpers/delivery.ts';
import { freePort } from '../helpers/free-port.ts';
import { noBroker } from '../helpers/kafka-broker.ts';
import { produceAll, readAll } from '../helpers/kafka-client.ts';
import { startService } from '../helpers/service-process.ts';

const token = 'a-token-of-some-length-0123456789';
const markup = '"><img src=x onerror="window.hacked=1"><script>window.hacked=1</script>';
const secret = 'nobody-reads-this-unasked';

test('dead letters on the page: filtered by the address, opened, replayed once', {
  skip: noBroker || noChromium,
}, async (t) => {
  const { bootstrap, topics, settings, createAll } = await workplace();
  await createAll();
  const tooLarge = [1, 2, 3].map((id) => ({
    value: JSON.stringify({ id: `big-${id}`, text: `A wonderful film. ${'x'.repeat(200)}` }),
    partition: id % 2,
  }));
  await produceAll(bootstrap, topics.requests, [
    { value: `${secret} ${markup}`, key: 'key-1', headers: [{ trace: markup }], partition: 0 },
    { value: Buffer.from([0xff, 0xfe, 0x00, 0x01]), partition: 1 },
    { value: JSON.stringify({ id: 'no-text' }), partition: 1 },
    ...tooLarge,
  ]);
  // A limit that is too low makes good requests dead letters, as a wrong configuration does.
  const wrong = startService({ ...settings, 'kafka.max_message_bytes': 128 });
  const { deadLetters: written } = await waitForDelivery(bootstrap, topics, 6);
  wrong.kill('SIGTERM');
  assert.equal(await wrong.exited, 0, wrong.log());
  const port = await freePort();
  const service = startService({ ...settings, 'http.port': port, 'http.token': token });
  await service.waitFor('service_started');
  const url = `http://127.0.0.1:${port}`;

  const page = await (await openBrowser(t)).newPage({ viewport: { width: 1440, height: 900 } });
  page.setDefaultTimeout(60_000);
  const problems: string[] = [];
  const asked: string[] = [];
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
  page.on('request', (request) => asked.push(request.url()));
  const rows = page.locator('#found-letters tr');
  const found = page.locator('#found');
  const result = page.locator('#replay-result');

  await t.test('a link opens the filter, after the token was asked for', async () => {
    await page.goto(`${url}/#dead-letters?reason=invalid_json&from=1h`);
    await page.locator('#token-dialog[open]').waitFor();
    await page.keyboard.type(token);
    await page.keyboard.press('Enter');
    await found.filter({ hasText: /^2.*, 2 of them not replayed/ }).waitFor();
    assert.equal(await rows.count(), 2);
    assert.equal(await page.locator('input[value="invalid_json"]').isChecked(), true);
    assert.equal(await page.locator('#filter-from').inputValue(), '1h');
    assert.equal(await page.locator('#live-view').isVisible(), false);
    assert.match((await page.locator('#histogram svg').getAttribute('aria-label')) ?? '', /^2 dead letters/);
    // Before the token the service refused both the events and the dead letters.
    assert.ok(problems.length > 0 && problems.every((problem) => problem.includes('401')), problems.join());
    problems.length = 0;
  });

  await t.test('the form writes the address, and the address the form', async () => {
    const { partition } = written.find(({ value }) => String(value).startsWith(secret)) ?? assert.fail();
    const inPartition = written.filter((record) => record.partition === partition);
    await page.locator('input[value="invalid_json"]').uncheck();
    await page.locator('#filter-partition').fill(String(partition));
    await page.locator('#filter-partition').press('Enter');
    await page.waitForURL(`**/#dead-letters?partition=${partition}&from=1h`);
    await found
      .filter({ hasText: new RegExp(`^${inPartition.length}, ${inPartition.length} of them`) })
      .waitFor();
    for (const reason of ['invalid_json', 'invalid_message', 'too_large']) {
      const of = inPartition.filter((record) => headerOf(record, 'x-error-type') === reason);
      const shown = await page.locator(`#count-${reason}`).textContent();
      assert.equal(shown, of.length === 0 ? '' : String(of.length), reason);
    }
    await page.goBack();
    await found.filter({ hasText: /^2.*, 2 of them/ }).waitFor();
    assert.equal(await page.locator('#filter-partition').inputValue(), '');
  });

  const open = async (): Promise<void> => {
    await rows
      .filter({ hasText: `${topics.requests}/0/` })
      .getByRole('button')
      .press('Enter');
    await page.locator('#letter-headers tr', { hasText: 'x-error-type' }).waitFor();
  };

  await t.test('a value is fetched when somebody asks for it, and stays text', async () => {
    await open();
    assert.ok(await page.locator('#letter-headers tr', { hasText: markup }).isVisible());
    assert.ok(!asked.includes(`${url}/api/v1/dlq/value`));
    assert.doesNotMatch(await page.content(), new RegExp(secret));
    await page.locator('#letter-show').press('Enter');
    const value = page.locator('#letter-value pre[aria-label="Value"]');
    await value.waitFor();
    assert.equal(await value.textContent(), `${secret} ${markup}`);
    assert.equal(await page.locator('#letter-value pre[aria-label="Key"]').textContent(), 'key-1');
    assert.equal(await page.evaluate('document.querySelectorAll("img, script:not([src])").length'), 0);
    assert.equal(await page.evaluate('window.hacked'), undefined);
    await page.keyboard.press('Escape');
    await page.locator('#letter-value:empty').waitFor({ state: 'attached' });
    assert.equal(await page.locator('#letter').isVisible(), false);
    assert.doesNotMatch(await page.content(), new RegExp(secret), 'it is gone with the dialog');
    assert.match(service.log(), /http_audit.*dlq\/value/);
    assert.doesNotMatch(service.log(), new RegExp(secret));
  });

  await t.test('what is no text is shown as bytes', async () => {
    await rows
      .filter({ hasText: `${topics.requests}/1/` })
      .getByRole('button')
      .click();
    await page.locator('#letter-show').click();
    await page.locator('#letter-value pre', { hasText: 'ff fe 00 01' }).waitFor();
    await page.locator('#letter-close').click();
  });

  await t.test('a dry run sends nothing; a replay sends the selection, and each comes out once', async () => {
    await page.locator('input[value="invalid_json"]').uncheck();
    await page.locator('input[value="too_large"]').check();
    await page.locator('#filter-apply').click();
    await found.filter({ hasText: /^3.*, 3 of them not replayed/ }).waitFor();
    await page.locator('#replay-dry').click();
    await result.filter({ hasText: 'Dry run: 3 messages would be replayed (too_large 3).' }).waitFor();
    assert.equal((await readAll(bootstrap, topics.requests)).length, 6);

    await page.locator('#replay-run', { hasText: 'Replay 3 messages' }).click();
    await result.filter({ hasText: 'Done. Replayed: 3 messages (too_large 3).' }).waitFor();
    await found.filter({ hasText: /^3.*, 0 of them not replayed/ }).waitFor();
    assert.equal(await waitForRecords(bootstrap, [topics.results], 3), 3);
    const { results, deadLetters } = await checkDelivery(bootstrap, topics);
    const ids = results.map(({ value }) => JSON.parse(String(value)).id).sort();
    assert.deepEqual([ids, deadLetters.length], [['big-1', 'big-2', 'big-3'], 6]);
    const sent = (await readAll(bootstrap, topics.requests)).filter(
      (record) => headerOf(record, 'x-replay-count') === '1',
    );
    assert.equal(sent.length, 3);
    assert.match(service.log(), /http_audit.*dlq\/replay.*"replayed":3/);

    await page.locator('#replay-dry').click();
    await result.filter({ hasText: '0 messages would be replayed' }).waitFor();
    await result.filter({ hasText: '3 already replayed' }).waitFor();
    assert.equal(await page.locator('#replay-run').isVisible(), false);
  });

  await t.test('what has been replayed is gone from the view of what has not', async () => {
    await page.goto(`${url}/#dead-letters?replayed=no`);
    await found.filter({ hasText: /^3.*, 3 of them not replayed/ }).waitFor();
    assert.equal(await rows.filter({ hasText: 'too_large' }).count(), 0);
    await page.goto(`${url}/#dead-letters?replayed=yes`);
    await found.filter({ hasText: /^3.*, 0 of them not replayed/ }).waitFor();
    assert.equal(await page.locator('#panel-replay').isVisible(), false);
  });

  await t.test('it fits on a phone, and nothing else was refused or failed', async () => {
    for (const width of [320, 390, 1440]) {
      await page.setViewportSize({ width, height: 800 });
      const wide = Number(await page.evaluate('document.documentElement.scrollWidth'));
      assert.ok(wide <= width, `${wide} at ${width}`);
    }
    assert.deepEqual(problems, []);
    assert.ok(!asked.some((address) => address.includes(token)));
  });
});
