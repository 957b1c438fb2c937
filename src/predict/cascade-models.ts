import type { Config } from '../config/schema.ts';
import type { TokenizerFile } from '../decode/loaded-tokenizer.ts';
import { KubesentimentError } from '../errors.ts';
import { directoryStamp } from '../infer/directory-stamp.ts';
import type { ModelInfo, Prediction } from '../types.ts';
import { modelDirectory, readConfiguredModel, readConfiguredModelAside } from './model-parts.ts';

/** The models that a configuration names. */
export interface ConfiguredModels {
  readonly first: ModelInfo;
  /** Asked again when the first is not sure. */
  readonly second?: ModelInfo | undefined;
  /** Asked beside it, without any effect. */
  readonly shadow?: ModelInfo | undefined;
}

/**
 * The configuration as it is for the second model of the cascade. Which file it is and what its outputs are is for its
 * own directory to say; all other keys are the same for both.
 */
export function secondConfig(config: Config): Config | undefined {
  return configOf(config, config.model.cascade?.path);
}

/** The same for the model that is asked beside: it has one thread, and says all its scores. */
export function shadowConfig(config: Config): Config | undefined {
  const shadow = configOf(config, config.model.shadow?.path);
  const own = { min_threads: 1, max_threads: 1, return_all_scores: true };
  return shadow && { ...shadow, model: { ...shadow.model, ...own } };
}

function configOf(config: Config, path: string | undefined): Config | undefined {
  if (path === undefined || config.model.path === null) return undefined;
  // Only what the first model says is kept for texts that come again.
  const own = { path, file: undefined, labels: undefined, activation: 'auto', cache_bytes: 0 } as const;
  return { ...config, model: { ...config.model, ...own, cascade: undefined, shadow: undefined } };
}

/** KS_MODEL_NOT_FOUND, KS_MODEL_INVALID, KS_MODEL_UNSUPPORTED, KS_CONFIG_INVALID. */
export function readConfiguredModels(config: Config): ConfiguredModels {
  const first = readConfiguredModel(config);
  const [again, beside] = [secondConfig(config), shadowConfig(config)];
  return together(first, again && readConfiguredModel(again), beside && readConfiguredModel(beside));
}

/** The models as other threads have read them, with what is needed to go on without blocking the event loop. */
export interface ModelsAside {
  readonly models: ConfiguredModels;
  readonly tokenizers: ReadonlyMap<ModelInfo, TokenizerFile>;
  /** As in `ReadAside`. */
  readonly canRaise: boolean;
}

/** The same, without blocking the event loop. */
export async function readConfiguredModelsAside(config: Config): Promise<ModelsAside> {
  const [again, beside] = [secondConfig(config), shadowConfig(config)];
  const first = await readConfiguredModelAside(config);
  const second = again && (await readConfiguredModelAside(again));
  const shadow = beside && (await readConfiguredModelAside(beside));
  const read = [first, second, shadow].filter((each) => each !== undefined);
  return {
    models: together(first.info, second?.info, shadow?.info),
    tokenizers: new Map(read.map(({ info, tokenizer }) => [info, tokenizer])),
    canRaise: first.canRaise,
  };
}

/** What changes with the files of their directories. */
export async function stampOfModels(config: Config): Promise<string> {
  const configs = [config, secondConfig(config), shadowConfig(config)].filter((each) => each !== undefined);
  const stamps = await Promise.all(configs.map((each) => directoryStamp(modelDirectory(each))));
  return stamps.join('\n\n').trim();
}

/** The versions that results can have. */
export function versionsOf({ first, second }: ConfiguredModels): string {
  return second === undefined ? first.version : `${first.version}+${second.version}`;
}

function together(
  first: ModelInfo,
  second: ModelInfo | undefined,
  shadow: ModelInfo | undefined,
): ConfiguredModels {
  const misfit = second && misfitOf(first, second);
  if (misfit !== undefined)
    throw new KubesentimentError('KS_CONFIG_INVALID', `model.cascade: ${misfit.message}`, misfit);
  const other = shadow && otherLabels(first, shadow);
  if (other !== undefined)
    throw new KubesentimentError('KS_CONFIG_INVALID', `model.shadow: ${other.message}`, other);
  return { first, second, shadow };
}

interface Misfit {
  readonly message: string;
  readonly remedy: string;
}

function otherLabels(first: ModelInfo, second: ModelInfo): Misfit | undefined {
  const hasSame = first.labels.length === second.labels.length;
  if (hasSame && first.labels.every((label) => second.labels.includes(label))) return undefined;
  const listed = `${first.labels.join(', ')}; the second one ${second.labels.join(', ')}`;
  return {
    message: `The models have different labels: the first one has ${listed}.`,
    remedy: 'Both need the same labels; model import --labels names the outputs of a model.',
  };
}

/** Why two models cannot be a cascade: both need the same labels, one for each text, and scores that say how sure. */
export function misfitOf(first: ModelInfo, second: ModelInfo): Misfit | undefined {
  const other = otherLabels(first, second);
  if (other !== undefined) return other;
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
