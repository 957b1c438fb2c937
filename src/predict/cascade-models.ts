import type { Config } from '../config/schema.ts';
import { KubesentimentError } from '../errors.ts';
import { directoryStamp } from '../infer/directory-stamp.ts';
import type { ModelInfo, Prediction } from '../types.ts';
import { modelDirectory, readConfiguredModel, readConfiguredModelAside } from './model-parts.ts';

/** The models that a configuration names. */
export interface ConfiguredModels {
  readonly first: ModelInfo;
  /** Asked again when the first is not sure. */
  readonly second?: ModelInfo | undefined;
}

/**
 * The configuration as it is for the second model of the cascade. Which file it is and what its outputs are is for its
 * own directory to say; all other keys are the same for both.
 */
export function secondConfig(config: Config): Config | undefined {
  const { cascade, path } = config.model;
  if (cascade === undefined || path === null) return undefined;
  const own = {
    path: cascade.path,
    file: undefined,
    labels: undefined,
    activation: 'auto',
    cascade: undefined,
  } as const;
  return { ...config, model: { ...config.model, ...own } };
}

/** KS_MODEL_NOT_FOUND, KS_MODEL_INVALID, KS_MODEL_UNSUPPORTED, KS_CONFIG_INVALID. */
export function readConfiguredModels(config: Config): ConfiguredModels {
  const first = readConfiguredModel(config);
  const again = secondConfig(config);
  return together(first, again && readConfiguredModel(again));
}

/** The same, without blocking the event loop. */
export async function readConfiguredModelsAside(config: Config): Promise<ConfiguredModels> {
  const first = await readConfiguredModelAside(config);
  const again = secondConfig(config);
  return together(first, again && (await readConfiguredModelAside(again)));
}

/** What changes with the files of their directories. */
export async function stampOfModels(config: Config): Promise<string> {
  const again = secondConfig(config);
  const stamps = [config, ...(again === undefined ? [] : [again])].map((each) =>
    directoryStamp(modelDirectory(each)),
  );
  return (await Promise.all(stamps)).join('\n\n').trim();
}

function together(first: ModelInfo, second: ModelInfo | undefined): ConfiguredModels {
  const misfit = second && misfitOf(first, second);
  if (misfit === undefined) return { first, second };
  throw new KubesentimentError('KS_CONFIG_INVALID', `model.cascade: ${misfit.message}`, misfit);
}

/** Why two models cannot be a cascade: both need the same labels, one for each text, and scores that say how sure. */
export function misfitOf(
  first: ModelInfo,
  second: ModelInfo,
): { readonly message: string; readonly remedy: string } | undefined {
  const hasSame = first.labels.length === second.labels.length;
  if (!hasSame || !first.labels.every((label) => second.labels.includes(label))) {
    const listed = `${first.labels.join(', ')}; the second one ${second.labels.join(', ')}`;
    return {
      message: `The models have different labels: the first one has ${listed}.`,
      remedy: 'Both need the same labels; model import --labels names the outputs of a model.',
    };
  }
  for (const { name, head, labels } of [first, second]) {
    if (head.activation !== 'none' && !head.isMultiLabel && labels.length > 1) continue;
    return {
      message: `The model ${name} does not choose one label for each text, so its score does not say how sure it is.`,
      remedy: 'A cascade needs models with a softmax over two labels or more.',
    };
  }
  return undefined;
}

type Predict = (texts: readonly string[]) => Promise<readonly Prediction[]>;

/** What the first model says, and the second where the score is under `below`; `stage` says which of them it was. */
export async function predictInStages(
  texts: readonly string[],
  below: number,
  [first, second]: readonly [Predict, Predict],
): Promise<Prediction[]> {
  const predictions: Prediction[] = (await first(texts)).map((one) => ({ ...one, stage: 1 }));
  const unsure = [...predictions.keys()].filter((i) => (predictions[i] as Prediction).score < below);
  if (unsure.length === 0) return predictions;
  const answers = await second(unsure.map((i) => texts[i] as string));
  for (const [j, i] of unsure.entries()) predictions[i] = { ...(answers[j] as Prediction), stage: 2 };
  return predictions;
}
