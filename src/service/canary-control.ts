import type { RunningConfig } from '../config/running.ts';
import type { Config } from '../config/schema.ts';
import type { KeyringSource } from '../crypto/keyring-source.ts';
import { KubesentimentError } from '../errors.ts';
import type { CanaryCommands, CanaryReport, ModelReloaded } from '../http/service-view.ts';
import { GuestPool } from '../infer/guest-pool.ts';
import type { Logger } from '../log.ts';
import type { CanaryCounts, CanaryEnd } from '../metrics/canary-counts.ts';
import type { Counters } from '../metrics/counters.ts';
import { promotedConfig } from '../predict/cascade-models.ts';
import type { Editions } from '../predict/editions.ts';
import { batchLimits, labelOf, scoreSettings, trimMemory } from '../predict/model-parts.ts';
import { rereaderOf } from '../session/build-pipeline.ts';
import { Shadow } from '../shadow/shadow.ts';
import type { SlotTable } from '../slots.ts';
import { agreementOf } from './agreement.ts';
import type { CanaryWithOld, LoadedModel } from './loaded-model.ts';
import type { ModelReload } from './model-reload.ts';

export interface CanaryControlOptions {
  readonly running: RunningConfig;
  readonly table: SlotTable;
  readonly editions: Editions<LoadedModel>;
  readonly keyring: KeyringSource | undefined;
  readonly counters: Counters;
  readonly logger: Logger;
  readonly reload: () => Pick<ModelReload, 'reloadWith'>;
  readonly onFatal: (error: unknown) => void;
}

/** The model that answers some of the keys, if there is one: compares its answers, and ends its trial. */
export class CanaryControl implements CanaryCommands {
  readonly #options: CanaryControlOptions;
  #compare: Shadow | undefined;
  #leaveTrial: () => void = () => undefined;
  #isClosed = false;

  constructor(options: CanaryControlOptions) {
    this.#options = options;
  }

  /** Call when the current edition is loaded, and whenever it is another one. */
  use(config: Config): void {
    const { editions, counters, logger } = this.#options;
    this.#leave();
    const { current } = editions;
    const { canary } = current;
    const isWanted = config.model.canary !== undefined;
    if (canary === undefined && isWanted && counters.canary?.endedBy === 'refused') return; // it still is
    counters.canary = canary?.trial.counts;
    if (canary === undefined && isWanted) logger.warn('canary_is_current', { model: current.model.name });
    if (canary === undefined || canary.trial.isOver) return;
    this.#compare = this.#createCompare(config, current, canary);
    this.#leaveTrial = canary.trial.onEnd((reason) => this.#ended(canary, reason));
  }

  /** Call when these slots are committed, before they are released. */
  observe(slots: Int32Array, count: number): void {
    this.#compare?.observe(slots, count);
  }

  close(): void {
    this.#isClosed = true;
    this.#leave();
  }

  /** KS_STATE if there is none. */
  report(): CanaryReport {
    const { counters, running } = this.#options;
    const { canary: limits } = running.current.model;
    if (counters.canary === undefined || limits === undefined) throw noCanary();
    const { max_disagreement, max_errors, max_slowdown } = limits;
    return { ...reportOf(counters.canary), limits: { max_disagreement, max_errors, max_slowdown } };
  }

  return(): CanaryReport {
    this.#running().trial.end('operator');
    return this.report();
  }

  /** Loads it once more as the model in use, as any reload does; its keys stay with the same version. */
  async promote(): Promise<ModelReloaded> {
    const { running, reload, logger } = this.#options;
    const { next, trial } = this.#running();
    const { name, version } = next.model;
    const config = promotedConfig(running.current);
    // Loading takes a while, in which it may fail its trial.
    const check = (): void => {
      if (trial.isOver) throw trialOver();
    };
    const reloaded = await reload().reloadWith(config, { version, check });
    const { path, file, labels, activation, canary } = config.model;
    const { current } = running;
    // Other keys may have been reloaded meanwhile.
    running.use({ ...current, model: { ...current.model, path, file, labels, activation, canary } });
    logger.info('canary_promoted', { model: name, version });
    return reloaded;
  }

  /** The one that answers keys now. */
  #running(): CanaryWithOld {
    const { canary } = this.#options.editions.current;
    if (canary === undefined) throw noCanary();
    if (canary.trial.isOver) throw trialOver();
    return canary;
  }

  #leave(): void {
    this.#leaveTrial();
    this.#leaveTrial = () => undefined;
    this.#compare?.close();
    this.#compare = undefined;
  }

  #ended(canary: CanaryWithOld, reason: CanaryEnd): void {
    const { logger, onFatal } = this.#options;
    const { model, version, classified, failed, slowdown, compared } = canary.trial.counts;
    this.#leave();
    logger.error('canary_returned', {
      ...{ model, version, reason, classified, failed, slowdown },
      ...{ compared: compared.compared, differed: compared.differed },
    });
    this.#retire(canary).catch(onFatal);
  }

  async #retire({ next }: CanaryWithOld): Promise<void> {
    const { table, logger } = this.#options;
    await next.untilUnused(table, () => this.#isClosed);
    if (this.#isClosed) return; // who closes the model in use closes this one, too
    await next.close();
    await trimMemory();
    logger.info('canary_retired', { version: next.model.version, rss: process.memoryUsage.rss() });
  }

  /** Asks the model in use about what the canary has answered, in the share of its threads that guests have. */
  #createCompare(config: Config, current: LoadedModel, { next, trial, again }: CanaryWithOld): Shadow {
    const { table: source, keyring, logger } = this.#options;
    const { model, pool, loaded } = current;
    const { table, decoder, allScores } = again;
    return new Shadow({
      ...{ source, table, decoder, allScores, share: 1, counts: trial.counts.compared },
      wants: (slot) => source.edition[slot] === next.number,
      answerOf: (slot) => ({
        label: labelOf(next.model, source.label[slot] as number),
        score: source.score[slot] as number,
      }),
      onCompared: (one, tokens) => trial.compared(one, tokens),
      rereader: rereaderOf({ config, table, keyring }, decoder, table.capacity),
      pool: new GuestPool({ pool, threads: config.model.max_threads }),
      settings: { ...scoreSettings(model, loaded.traits), limits: batchLimits(config, model, loaded) },
      lengthMax: model.maxLength,
      labels: model.labels,
      labelOf: (index) => labelOf(model, index),
      onFatal: (error) => logger.error('canary_comparison_stopped', { version: next.model.version }, error),
    });
  }
}

function reportOf(counts: CanaryCounts): Omit<CanaryReport, 'limits'> {
  const { model, version, share, endedBy, classified, failed, slowdown, compared } = counts;
  return {
    ...{ model, model_version: version, share, classified, failed },
    state: endedBy === undefined ? 'running' : 'returned',
    reason: endedBy ?? null,
    slowdown: slowdown ?? null,
    ...agreementOf(compared),
    differences: compared.differences.map(({ otherLabel, otherScore, ...each }) => ({
      ...each,
      ...{ old_label: otherLabel, old_score: otherScore },
    })),
  };
}

function trialOver(): KubesentimentError {
  const sentence = 'The trial of the canary is over: the model in use answers all keys.';
  return new KubesentimentError('KS_STATE', sentence, {
    remedy:
      'See why with "kubesentiment model canary". A reload of the configuration can begin another trial.',
  });
}

function noCanary(): KubesentimentError {
  return new KubesentimentError('KS_STATE', 'No other model answers any keys: model.canary is not set.');
}
