import { setTimeout as sleep } from 'node:timers/promises';
import type { RunningConfig } from '../config/running.ts';
import type { Config } from '../config/schema.ts';
import { describeError, KubesentimentError } from '../errors.ts';
import type { ModelControl, ModelReloaded } from '../http/service-view.ts';
import { GIVES_WAY_MS_MAX } from '../infer/thread-priority.ts';
import type { Logger } from '../log.ts';
import type { Counters } from '../metrics/counters.ts';
import type { Editions } from '../predict/editions.ts';
import {
  type ConfiguredModels,
  type ModelsAside,
  readConfiguredModelsAside,
  stampOfModels,
  versionsOf,
} from '../predict/cascade-models.ts';
import { trimMemory } from '../predict/model-parts.ts';
import { Preparation } from '../predict/preparation.ts';
import type { SlotTable } from '../slots.ts';
import type { LoadedModel } from './loaded-model.ts';
import { refuseCanary, withoutCanary } from './refused-canary.ts';

export interface ModelReloadOptions {
  readonly running: RunningConfig;
  readonly logger: Logger;
  readonly counters: Counters;
  readonly table: SlotTable;
  readonly editions: Editions<LoadedModel>;
  /** `prepared`: if another model works meanwhile. */
  readonly create: (
    config: Config,
    models: ConfiguredModels,
    number: number,
    prepared?: Preparation,
  ) => LoadedModel;
  /** New messages go to it from now on. Called without giving way to other events after `editions.use`. */
  readonly onUse: (config: Config, model: LoadedModel) => void;
  /** It is the model in use, but what lies beside it may be new. */
  readonly onUnchanged: () => void;
  readonly isRunning: () => boolean;
  readonly onFatal: (error: unknown) => void;
}

export interface ReloadConditions {
  /** The version that it must be; default: any. */
  readonly version?: string;
  /** Called when the model is ready; what it throws is why the model is not used. */
  readonly check?: () => void;
}

/** How long a reload waits for the results of the model before the last one. */
const RETIRE_MS_MAX = 30_000;
const RETIRE_CHECK_MS = 20;
const TRIM_LATER_MS = 35_000;

/**
 * Exchanges the model while messages flow. The new one is loaded and tried beside the old one; then messages that are
 * decoded from now on go to the new one, and the old one finishes those it has. At most two models have threads.
 */
export class ModelReload implements ModelControl {
  readonly #options: ModelReloadOptions;
  /** The end of the last one that was asked for. */
  #last: Promise<unknown> = Promise.resolve();
  #next: Promise<ModelReloaded> | undefined;
  #retiring: Promise<void> = Promise.resolve();
  #trimLater: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: ModelReloadOptions) {
    this.#options = options;
  }

  /**
   * Takes up what is in the model directory. One that is under way is waited for first, since it may have seen older
   * files. Rejects with the reason why the model is not used; the old one goes on then.
   */
  reload(): Promise<ModelReloaded> {
    this.#next ??= this.#enqueue();
    return this.#next;
  }

  /** The same with another configuration of the model, which is then loaded even if its files are the same. */
  reloadWith(config: Config, conditions: ReloadConditions = {}): Promise<ModelReloaded> {
    return this.#enqueue(config, conditions);
  }

  /** Waits for a reload that is under way, which then changes nothing, and for everything of earlier models. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#last;
    await this.#retiring;
    clearTimeout(this.#trimLater);
  }

  #enqueue(config?: Config, conditions: ReloadConditions = {}): Promise<ModelReloaded> {
    const own = this.#reloadAfter(this.#last, conditions, config);
    this.#last = own.catch(() => undefined);
    return own;
  }

  async #reloadAfter(
    last: Promise<unknown>,
    conditions: ReloadConditions,
    config?: Config,
  ): Promise<ModelReloaded> {
    await last;
    if (config === undefined) this.#next = undefined;
    try {
      return await this.#reload(conditions, config);
    } catch (error) {
      const { logger, counters, editions } = this.#options;
      counters.modelsRefused++;
      const stays = editions.current.versions;
      logger.error('model_refused', { reason: describeError(error), stays });
      throw error;
    }
  }

  /** A canary that answers no keys anyway is no reason to keep an old model. */
  async #reload(conditions: ReloadConditions, other?: Config): Promise<ModelReloaded> {
    const config = other ?? this.#options.running.current;
    try {
      return await this.#exchange(conditions, config, other !== undefined);
    } catch (error) {
      const isState = error instanceof KubesentimentError && error.code === 'KS_STATE';
      if (isState || config.model.canary === undefined || !this.#isCanaryIdle(config)) throw error;
      // If the other model is to blame, this rejects, too, with the reason.
      const reloaded = await this.#exchange(conditions, withoutCanary(config), other !== undefined);
      refuseCanary(config, this.#options, error);
      return reloaded;
    }
  }

  /** Whether the canary is the one that was refused before, or was returned from. */
  #isCanaryIdle({ model }: Config): boolean {
    const { running, editions } = this.#options;
    const isSame = JSON.stringify(model.canary) === JSON.stringify(running.current.model.canary);
    return isSame && editions.current.canary?.trial.isOver !== false;
  }

  async #exchange(
    { version: wanted, check }: ReloadConditions,
    config: Config,
    isForced: boolean,
  ): Promise<ModelReloaded> {
    const { editions, logger } = this.#options;
    const startedAt = performance.now();
    this.#check(config);
    await this.#untilRetired();
    const stamp = await stampOfModels(config);
    const aside = await readConfiguredModelsAside(config);
    const { models } = aside;
    const { name } = models.first;
    const version = versionsOf(models);
    if (wanted !== undefined && wanted !== version) throw notTheSame();
    const from = editions.current.versions;
    if (editions.current.isOf(models) && !isForced) {
      this.#options.onUnchanged();
      logger.info('model_unchanged', { model: name, version });
      return { outcome: 'unchanged', model: name, model_version: version, previous_version: from };
    }
    this.#check(config);
    const rssBefore = rssBytes();
    const needsCanary = !this.#isCanaryIdle(config);
    const model = await this.#create(config, aside);
    const hurry = setTimeout(() => model.takeOver(), GIVES_WAY_MS_MAX);
    try {
      await model.start(logger, { needsCanary });
      await model.warmLike(editions.current); // it takes over the load of its threads
      if ((await stampOfModels(config)) !== stamp) throw changedMeanwhile();
      this.#check(config);
      check?.();
    } catch (error) {
      model.takeOver(); // nobody must wait for threads that wait for everybody
      await model.close();
      throw error;
    } finally {
      clearTimeout(hurry);
    }
    model.takeOver();
    const rss = { rss_before: rssBefore, rss_both: rssBytes() };
    this.#use(config, model);
    const ms = Math.round(performance.now() - startedAt);
    logger.info('model_reloaded', { model: name, from, to: version, ms, ...rss });
    return { outcome: 'reloaded', model: name, model_version: version, previous_version: from };
  }

  async #create(config: Config, aside: ModelsAside): Promise<LoadedModel> {
    const { create, editions } = this.#options;
    const prepared = await Preparation.of(aside);
    try {
      return create(config, aside.models, editions.nextNumber, prepared);
    } finally {
      prepared.close();
    }
  }

  #use(config: Config, model: LoadedModel): void {
    const { editions, counters, onUse, onFatal } = this.#options;
    const previous = editions.current;
    editions.use(model);
    onUse(config, model);
    counters.modelsReloaded++;
    this.#retiring = this.#retire(previous).catch(onFatal);
  }

  async #retire(earlier: LoadedModel): Promise<void> {
    const { table, editions, logger } = this.#options;
    await earlier.untilUnused(table, () => this.#isClosed);
    editions.remove(earlier);
    await earlier.close();
    await this.#trim();
    logger.info('model_retired', { version: earlier.versions, rss: rssBytes() });
  }

  /** Now, and once more when the collector and the timers of the closed threads have let go of the rest. */
  async #trim(): Promise<void> {
    clearTimeout(this.#trimLater);
    await trimMemory();
    this.#trimLater = setTimeout(() => void trimMemory(), TRIM_LATER_MS).unref();
  }

  async #untilRetired(): Promise<void> {
    const { editions } = this.#options;
    const deadline = performance.now() + RETIRE_MS_MAX;
    while (editions.all.length > 1 && performance.now() < deadline && !this.#isClosed)
      await sleep(RETIRE_CHECK_MS);
    if (editions.all.length === 1) return;
    throw new KubesentimentError('KS_STATE', 'Results of the model before this one are not committed yet.', {
      remedy: 'Try again when transactions succeed.',
    });
  }

  #check(config: Config): void {
    const { isRunning } = this.#options;
    if (config.model.path === null) {
      throw new KubesentimentError('KS_STATE', 'There is no model to reload: model.path is null.');
    }
    if (this.#isClosed || !isRunning()) {
      throw new KubesentimentError('KS_STATE', 'The model can be reloaded only while the service runs.');
    }
  }
}

function changedMeanwhile(): KubesentimentError {
  return new KubesentimentError(
    'KS_MODEL_INVALID',
    'The files of the model directory changed while they were read.',
    {
      remedy: 'Write each file under another name and rename it, or write a new directory and change a link.',
    },
  );
}

function notTheSame(): KubesentimentError {
  return new KubesentimentError('KS_STATE', 'The files of the model have changed since its trial began.', {
    remedy: 'Reload the model: the trial begins anew with what is there now.',
  });
}

function rssBytes(): number {
  return process.memoryUsage.rss();
}
