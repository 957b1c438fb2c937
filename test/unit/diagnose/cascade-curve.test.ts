/** The curve of a cascade against a cascade that is really run, threshold by threshold. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../../src/corpus/random.ts';
import { CascadeCurve, type CascadePoint, proposeThreshold } from '../../../src/diagnose/cascade-curve.ts';
import { differenceEstimate, shareEstimate } from '../../../src/diagnose/paired-interval.ts';

interface Text {
  readonly score: number;
  readonly labels: readonly [string, string];
  readonly truth: string;
}

/** The first model errs where it is unsure, the second one seldom. Some scores are equal, some exactly 1. */
function madeUpTexts(count: number, seed: number): Text[] {
  const source = new Random(seed);
  const random = (): number => source.next();
  return Array.from({ length: count }, () => {
    const score = Math.min(1, 0.5 + Math.round(random() * 600) / 1000);
    const truth = random() < 0.5 ? 'yes' : 'no';
    const other = truth === 'yes' ? 'no' : 'yes';
    return {
      score,
      labels: [random() < 1.2 * (1 - score) ? other : truth, random() < 0.04 ? other : truth],
      truth,
    };
  });
}

const texts = madeUpTexts(2_000, 3);
const labelled = new CascadeCurve(
  texts.map(({ score, labels: [first, second], truth }) => ({
    score,
    isSameLabel: first === second,
    isRight: [first === truth, second === truth],
  })),
);
const unlabelled = new CascadeCurve(
  texts.map(({ score, labels: [first, second] }) => ({
    score,
    isSameLabel: first === second,
    isRight: undefined,
  })),
);

test('with labels every point is what the cascade does at that threshold', () => {
  for (const point of [...labelled.points(), labelled.at(0.7301), labelled.at(0.73)]) {
    const answers = texts.map(({ score, labels }) => labels[score < point.below ? 1 : 0]);
    const right = answers.filter((answer, i) => answer === texts[i]?.truth).length;
    const lost = texts.filter(({ labels, truth }, i) => labels[1] === truth && answers[i] !== truth).length;
    const won = texts.filter(({ labels, truth }, i) => labels[1] !== truth && answers[i] === truth).length;
    const askedAgain = texts.filter(({ score }) => score < point.below).length;
    assert.deepEqual(point, {
      below: point.below,
      askedAgain,
      share: askedAgain / texts.length,
      accuracy: right / texts.length,
      loss: differenceEstimate(lost, won, texts.length),
    });
  }
});

test('without labels the loss is how often the second model would have said something else', () => {
  for (const point of unlabelled.points()) {
    const other = texts.filter(({ score, labels: [a, b] }) => score >= point.below && a !== b).length;
    assert.deepEqual([point.accuracy, point.loss], [undefined, shareEstimate(other, texts.length)]);
  }
});

test('the points go from nothing asked again to everything but what is certain, and are thresholds to type', () => {
  const points = labelled.points();
  const certain = texts.filter(({ score }) => score === 1).length;
  assert.ok(certain > 0);
  assert.deepEqual([points[0]?.below, points[0]?.askedAgain], [0, 0]);
  assert.deepEqual([points.at(-1)?.below, points.at(-1)?.askedAgain], [1, texts.length - certain]);
  for (const [i, { below, share }] of points.entries()) {
    assert.equal(below, Number(below.toFixed(4)));
    const before = points[i - 1];
    if (before !== undefined) assert.ok(before.below < below && before.share <= share);
  }
});

test('the proposal is the lowest threshold above which none may lose more than allowed', () => {
  const points = labelled.points();
  const proposed = proposeThreshold(points, 0.01) as CascadePoint;
  assert.ok(proposed.below > 0 && proposed.share < 0.9, JSON.stringify(proposed));
  const at = points.indexOf(proposed);
  assert.ok(points.slice(at).every(({ loss }) => loss.high <= 0.01));
  assert.ok((points[at - 1] as CascadePoint).loss.high > 0.01);
  const more = proposeThreshold(points, 0.03) as CascadePoint;
  assert.ok(more.below < proposed.below);
});

test('a threshold that looks good by chance below one that does not is not proposed', () => {
  const point = (below: number, high: number): CascadePoint => ({
    ...{ below, askedAgain: 0, share: 0, accuracy: undefined },
    loss: { value: 0, low: 0, high },
  });
  const points = [point(0.5, 0.001), point(0.6, 0.02), point(0.7, 0.001), point(0.8, 0)];
  assert.equal(proposeThreshold(points, 0.01)?.below, 0.7);
  assert.equal(proposeThreshold(points, 0.02)?.below, 0.5);
  assert.equal(proposeThreshold([point(0.8, 0.02)], 0.01), undefined);
});

test('how often a proposal loses more than allowed, over 400 samples of texts whose truth is known', () => {
  // What the cascade of these made-up models loses in truth, from very many of them.
  const truth = new CascadeCurve(
    madeUpTexts(400_000, 99).map(({ score, labels: [a, b], truth: t }) => ({
      score,
      isSameLabel: a === b,
      isRight: [a === t, b === t],
    })),
  );
  let tooMuch = 0;
  for (let sample = 0; sample < 400; sample++) {
    const curve = new CascadeCurve(
      madeUpTexts(500, 1_000 + sample).map(({ score, labels: [a, b], truth: t }) => ({
        score,
        isSameLabel: a === b,
        isRight: [a === t, b === t],
      })),
    );
    const proposed = proposeThreshold(curve.points(), 0.03);
    if (proposed !== undefined && truth.at(proposed.below).loss.value > 0.03) tooMuch++;
  }
  assert.ok(tooMuch <= 20, `${tooMuch} of 400 proposals lose more than allowed`);
});
