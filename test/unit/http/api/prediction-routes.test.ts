import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Prediction } from '../../../../src/types.ts';
import { fakeView, postJson, startServer } from '../fixture.ts';

const path = '/api/v1/predict';

test('one text returns one prediction, a list returns a list', async (t) => {
  const seen: (readonly string[])[] = [];
  const view = fakeView();
  const predict = (texts: readonly string[]) => {
    seen.push(texts);
    return view.predict(texts);
  };
  const { call } = await startServer(t, { ...view, predict });
  const one = await call(path, postJson({ text: 'good' }));
  assert.deepEqual([one.status, one.json], [200, { label: 'positive', score: 0.75, truncated: false }]);
  const many = await call(path, postJson({ texts: ['a', 'b\u0000', '\ud800'] }));
  assert.equal(many.json.predictions.length, 3);
  assert.deepEqual(seen, [['good'], ['a', 'b\u0000', '\ud800']]);
});

test('an empty list returns an empty list without running the model', async (t) => {
  const { call } = await startServer(t, fakeView({ predict: () => assert.fail('reached the model') }));
  assert.deepEqual((await call(path, postJson({ texts: [] }))).json, { predictions: [] });
});

const explanation = {
  label: 'positive',
  unit: 'log_odds',
  start: 0,
  end: 4,
  words: [{ start: 0, end: 4, text: 'good', weight: 1.5, score: 0.25 }],
} as const;

test('explain=true asks for explanations, of one text and of several, and hands them on', async (t) => {
  const asked: (boolean | undefined)[] = [];
  const { call } = await startServer(
    t,
    fakeView({
      predict: async (texts, _, isExplained) => {
        asked.push(isExplained);
        return texts.map(
          (): Prediction => ({ label: 'positive', score: 0.75, truncated: false, explanation }),
        );
      },
    }),
  );
  const one = await call(`${path}?explain=true`, postJson({ text: 'good' }));
  assert.deepEqual([one.status, one.json.explanation], [200, explanation]);
  const many = await call(`${path}?explain=true`, postJson({ texts: ['good', 'good'] }));
  assert.deepEqual(many.json.predictions[1].explanation, explanation);
  await call(`${path}?explain=false`, postJson({ text: 'good' }));
  await call(path, postJson({ text: 'good' }));
  assert.deepEqual(asked, [true, true, false, false]);
});

test('what is no explain, or too many texts to explain, is refused without running the model', async (t) => {
  const { call } = await startServer(t, fakeView({ predict: () => assert.fail('reached the model') }));
  const texts = Array(16).fill('good');
  for (const [query, body, sentence] of [
    ['?explain=yes', { text: 'good' }, /must be one of true, false/],
    ['?explian=true', { text: 'good' }, /unknown property/],
    ['?explain=true', { texts }, /At most 15 texts/],
  ] as const) {
    const { status, json } = await call(`${path}${query}`, postJson(body));
    assert.deepEqual([status, json.error.code], [400, 'HTTP_INVALID_REQUEST']);
    assert.match(json.error.message, sentence);
  }
});
