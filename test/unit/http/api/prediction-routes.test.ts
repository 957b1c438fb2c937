import assert from 'node:assert/strict';
import { test } from 'node:test';
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
