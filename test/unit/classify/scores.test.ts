import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Scores, type ScoreSettings } from '../../../src/classify/scores.ts';

function read(settings: Omit<ScoreSettings, 'labels'>, row: readonly number[]) {
  const scores = new Scores({ labels: row.length, ...settings });
  const logits = Float32Array.from([99, ...row]);
  const isRead = scores.read(logits, 1);
  return isRead ? { label: scores.label, score: scores.score, all: [...scores.all] } : undefined;
}

test('softmax, sigmoid or the values themselves', () => {
  assert.deepEqual(read({}, [0, 0]), { label: 0, score: 0.5, all: [0.5, 0.5] });
  const third = read({ activation: 'softmax' }, [0, Math.log(2), 0]);
  assert.equal(third?.label, 1);
  assert.ok(Math.abs((third?.score ?? 0) - 0.5) < 1e-7);
  assert.deepEqual(read({ activation: 'sigmoid' }, [0, -1000]), { label: 0, score: 0.5, all: [0.5, 0] });
  assert.deepEqual(read({ activation: 'none' }, [-2.5, -1.25]), {
    label: 1,
    score: -1.25,
    all: [-2.5, -1.25],
  });
});

test('large logits do not overflow', () => {
  assert.deepEqual(read({}, [1000, -1000]), { label: 0, score: 1, all: [1, 0] });
  assert.deepEqual(read({ activation: 'sigmoid' }, [3e38, -3e38]), { label: 0, score: 1, all: [1, 0] });
});

test('a row with something that is no number has no scores', () => {
  for (const activation of ['softmax', 'sigmoid', 'none'] as const) {
    for (const place of [0, 1]) {
      const row = [0, 0];
      row[place] = Number.NaN;
      assert.equal(read({ activation }, row), undefined, `${activation} ${place}`);
    }
  }
  assert.equal(read({}, [Infinity, 0]), undefined);
  assert.equal(read({ activation: 'none' }, [-Infinity, 0]), undefined);
});

test('a score below the smallest wanted one is uncertain, one that equals it is not', () => {
  assert.equal(read({ minScore: 0.5 }, [0, 0])?.label, 0);
  assert.deepEqual(read({ minScore: 0.51 }, [0, 0]), { label: 2, score: 0.5, all: [0.5, 0.5] });
  assert.equal(read({ minScore: 0, activation: 'none' }, [-1, -2])?.label, 0);
});
