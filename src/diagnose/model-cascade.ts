import type { Config } from '../config/schema.ts';
import { KubesentimentError } from '../errors.ts';
import { misfitOf } from '../predict/cascade-models.ts';
import type { ModelInfo, Prediction } from '../types.ts';
import { CascadeCurve, type CascadePoint, type CascadeText, proposeThreshold } from './cascade-curve.ts';
import { type LabelledText, labelledTexts } from './labelled-texts.ts';
import { type Estimate, shareEstimate } from './paired-interval.ts';
import { inTurns, Stopwatch, TEXTS_PER_CALL, type TwoModels, withTwoModels } from './two-models.ts';

export interface CascadeOptions {
  /** What the file calls the labels, in the order of the first model's outputs. */
  readonly names: readonly string[] | undefined;
  /** What the proposal may lose, 0…1. */
  readonly lossMax: number;
  /** Judge this threshold, and propose none. */
  readonly below: number | undefined;
}

export interface CascadeModel {
  readonly name: string;
  readonly version: string;
  /** Of all texts. undefined without labels. */
  readonly accuracy: Estimate | undefined;
  readonly textsPerSecond: number;
}

/** A point of the curve, with how fast the cascade is there. */
export interface TimedPoint extends CascadePoint {
  readonly textsPerSecond: number;
  /** As fast as the second model alone. */
  readonly timesSecond: number;
}

export interface CascadeReport {
  readonly models: readonly [CascadeModel, CascadeModel];
  readonly texts: number;
  readonly isLabelled: boolean;
  readonly lossMax: number;
  /** Computed from the speeds of both models and the share that is asked again. */
  readonly curve: readonly TimedPoint[];
  readonly proposed: TimedPoint | undefined;
  /** The threshold that was to be judged. Its speed is measured, with the second model answering what it is asked. */
  readonly judged: TimedPoint | undefined;
}

/** How long each takes: the first model all texts, the second one all of them, and only the unsure ones. */
interface Watches {
  readonly first: Stopwatch;
  readonly second: Stopwatch;
  readonly again: Stopwatch;
}

/**
 * What two models are worth in a row, measured on these texts. They take turns, piece by piece. KS_MODEL_NOT_FOUND,
 * KS_MODEL_INVALID, KS_MODEL_UNSUPPORTED, KS_INFERENCE_FAILED; KS_USAGE if the models or the texts do not fit.
 */
export function measureCascade(
  configs: readonly [Config, Config],
  lines: AsyncIterable<readonly string[]>,
  options: CascadeOptions,
): Promise<CascadeReport> {
  return withTwoModels(configs, async (models) => {
    checkFit(models.model(0), models.model(1));
    const watches = { first: new Stopwatch(), second: new Stopwatch(), again: new Stopwatch() };
    const labelled = labelledTexts(lines, models.model(0).labels, options.names);
    const texts: CascadeText[] = [];
    // They wait for each other, as they do in a service that has more to do than this.
    let unsure: string[] = [];
    for await (const chunk of inTurns(labelled)) {
      const asked = await ask(models, chunk, watches);
      texts.push(...asked);
      const { below = 0 } = options;
      unsure.push(...chunk.flatMap(({ text }, i) => ((asked[i]?.score ?? 1) < below ? text : [])));
      if (unsure.length < TEXTS_PER_CALL) continue;
      await models.predict(1, unsure, watches.again);
      unsure = [];
    }
    if (unsure.length > 0) await models.predict(1, unsure, watches.again);
    if (texts.length === 0)
      throw new KubesentimentError('KS_USAGE', 'There is no text to measure the cascade with.');
    return report(models, texts, watches, options);
  });
}

function checkFit(first: ModelInfo, second: ModelInfo): void {
  const misfit = misfitOf(first, second);
  if (misfit !== undefined) throw new KubesentimentError('KS_USAGE', misfit.message, misfit);
}

async function ask(
  models: TwoModels,
  chunk: readonly LabelledText[],
  watches: Watches,
): Promise<CascadeText[]> {
  const texts = chunk.map(({ text }) => text);
  const first = await models.predict(0, texts, watches.first);
  const second = await models.predict(1, texts, watches.second);
  return chunk.map(({ label }, i): CascadeText => {
    const [a, b] = [first[i] as Prediction, second[i] as Prediction];
    return {
      score: a.score,
      isSameLabel: a.label === b.label,
      isRight: label === undefined ? undefined : [a.label === label, b.label === label],
    };
  });
}

function report(
  models: TwoModels,
  texts: readonly CascadeText[],
  watches: Watches,
  { lossMax, below }: CascadeOptions,
): CascadeReport {
  const curve = new CascadeCurve(texts);
  const points = curve.points();
  const { first, second, again } = watches;
  const timed = (point: CascadePoint, ms = first.ms + point.share * second.ms): TimedPoint => ({
    ...point,
    textsPerSecond: texts.length / (ms / 1_000),
    timesSecond: second.ms / ms,
  });
  const proposed = below === undefined ? proposeThreshold(points, lossMax) : undefined;
  const isLabelled = texts[0]?.isRight !== undefined;
  const described = ([0, 1] as const).map((which): CascadeModel => {
    const { name, version } = models.model(which);
    const right = texts.filter(({ isRight }) => isRight?.[which]).length;
    const accuracy = isLabelled ? shareEstimate(right, texts.length) : undefined;
    return { name, version, accuracy, textsPerSecond: [first, second][which]?.textsPerSecond as number };
  });
  return {
    models: described as [CascadeModel, CascadeModel],
    texts: texts.length,
    isLabelled,
    lossMax,
    curve: points.map((point) => timed(point)),
    proposed: proposed && timed(proposed),
    judged: below === undefined ? undefined : timed(curve.at(below), first.ms + again.ms),
  };
}
