/** What `models/general` is for: most of what people write says nothing good or bad, and much of it with emoji. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { StreamProcessor } from '../../../src/predict/stream-processor.ts';
import { root } from '../../helpers/paths.ts';

const UNKNOWN = 100;
const processor = await StreamProcessor.create({ model: join(root, 'models/general'), threads: 1 });
after(() => processor.close());

test('there are three labels, and a message without an opinion is neutral', async () => {
  assert.deepEqual(processor.model.labels, ['NEGATIVE', 'NEUTRAL', 'POSITIVE']);
  const expected: [string, string][] = [
    ['The parcel arrived on Tuesday.', 'NEUTRAL'],
    ['It arrived on Tuesday.', 'NEUTRAL'],
    ['Where can I change my delivery address?', 'NEUTRAL'],
    ['Thank you so much, it works perfectly now!', 'POSITIVE'],
    ['Still no refund after three weeks, and nobody answers.', 'NEGATIVE'],
  ];
  const predictions = await processor.predict(expected.map(([text]) => text));
  assert.deepEqual(
    predictions.map(({ label }) => label),
    expected.map(([, label]) => label),
  );
});

test('no emoji is an unknown word, also where it touches one', () => {
  const emoji = [...'😀😂❤👍🏽🥰🤬💔📦✈🎉🫠'];
  const texts = [...emoji, ...emoji.map((each) => `great${each}${each}`)];
  processor.tokenize(texts).forEach((ids, i) => {
    assert.ok(!ids.includes(UNKNOWN), texts[i]);
  });
});

test('emoji count: the same words, with one and the other', async () => {
  const [happy, sad] = await processor.predict(['new phone 😍🎉', 'new phone 😡👎']);
  assert.equal(happy?.label, 'POSITIVE');
  assert.equal(sad?.label, 'NEGATIVE');
});
