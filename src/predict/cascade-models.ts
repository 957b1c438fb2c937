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
  /** Answers some of the keys in its place. */
  readonly canary?: ModelInfo | undefined;
}

/** A batch of a canary that takes longer ends its trial: messages wait for it, and then for the old model. */
const CANARY_TIMEOUT_MS = 5_000;

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

/** The same for the model that answers some of the keys. */
export function canaryConfig(config: Config): Config | undefined {
  const canary = configOf(config, config.model.canary?.path);
  const { kafka } = config;
  const timeoutMs = Math.min(kafka.processing_timeout_ms, CANARY_TIMEOUT_MS);
  return canary && { ...canary, kafka: { ...kafka, processing_timeout_ms: timeoutMs } };
}

/** The configuration as it is when all keys go to the canary: it is the model in use. */
export function promotedConfig(config: Config): Config {
  const path = config.model.canary?.path ?? config.model.path;
  const own = { path, file: undefined, labels: undefined, activation: 'auto', canary: undefined } as const;
  return { ...config, model: { ...config.model, ...own } };
}

const alone = { cascade: undefined, shadow: undefined, canary: undefined } as const;

function configOf(config: Config, path: string | undefined): Config | undefined {
  if (path === undefined || config.model.path === null) return undefined;
  // Only what the first model says is kept for texts that come again.
  const own = { path, file: undefined, labels: undefined, activation: 'auto', cache_bytes: 0 } as const;
  return { ...config, model: { ...config.model, ...own, ...alone } };
}

/** KS_MODEL_NOT_FOUND, KS_MODEL_INVALID, KS_MODEL_UNSUPPORTED, KS_CONFIG_INVALID. */
export function readConfiguredModels(config: Config): ConfiguredModels {
  const first = readConfiguredModel(config);
  const [again, beside, next] = othersOf(config);
  return together({
    first,
    second: again && readConfiguredModel(again),
    shadow: beside && readConfiguredModel(beside),
    canary: next && readConfiguredModel(next),
  });
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
  const [again, beside, next] = othersOf(config);
  const first = await readConfiguredModelAside(config);
  const second = again && (await readConfiguredModelAside(again));
  const shadow = beside && (await readConfiguredModelAside(beside));
  const canary = next && (await readConfiguredModelAside(next));
  const read = [first, second, shadow, canary].filter((each) => each !== undefined);
  return {
    models: together({ first: first.info, second: second?.info, shadow: shadow?.info, canary: canary?.info }),
    tokenizers: new Map(read.map(({ info, tokenizer }) => [info, tokenizer])),
    canRaise: first.canRaise,
  };
}

/** What changes with the files of their directories. */
export async function stampOfModels(config: Config): Promise<string> {
  const configs = [config, ...othersOf(config)].filter((each) => each !== undefined);
  const stamps = await Promise.all(configs.map((each) => directoryStamp(modelDirectory(each))));
  return stamps.join('\n\n').trim();
}

/** The versions that results can have. */
export function versionsOf({ first, second }: ConfiguredModels): string {
  return second === undefined ? first.version : `${first.version}+${second.version}`;
}

function othersOf(config: Config): [Config | undefined, Config | undefined, Config | undefined] {
  return [secondConfig(config), shadowConfig(config), canaryConfig(config)];
}

/** A canary that is the model in use is none. */
function together({ first, second, shadow, canary }: ConfiguredModels): ConfiguredModels {
  refuse('cascade', second && misfitOf(first, second));
  refuse('shadow', shadow && otherLabels(first, shadow));
  refuse('canary', canary && otherLabels(first, canary));
  return { first, second, shadow, canary: canary?.version === first.version ? undefined : canary };
}

function refuse(key: 'cascade' | 'shadow' | 'canary', misfit: Misfit | undefined): void {
  if (misfit === undefined) return;
  throw new KubesentimentError('KS_CONFIG_INVALID', `model.${key}: ${misfit.message}`, misfit);
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
