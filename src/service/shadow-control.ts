import type { Config } from '../config/schema.ts';
import type { KeyringSource } from '../crypto/keyring-source.ts';
import { KubesentimentError } from '../errors.ts';
import type { ShadowReport } from '../http/service-view.ts';
import type { Logger } from '../log.ts';
import type { Counters } from '../metrics/counters.ts';
import { AnswerComparison } from '../metrics/answer-comparison.ts';
import { type Editions, stagesOf } from '../predict/editions.ts';
import { batchLimits, labelOf, scoreSettings } from '../predict/model-parts.ts';
import { rereaderOf } from '../session/build-pipeline.ts';
import { Shadow } from '../shadow/shadow.ts';
import { SparePool } from '../shadow/spare-pool.ts';
import type { SlotTable } from '../slots.ts';
import { agreementOf } from './agreement.ts';
import type { LoadedModel } from './loaded-model.ts';

export interface ShadowControlOptions {
  readonly table: SlotTable;
  readonly editions: Editions<LoadedModel>;
  readonly keyring: KeyringSource | undefined;
  readonly counters: Counters;
  readonly logger: Logger;
  /** Whether messages are waiting for a batch. */
  readonly hasWork: () => boolean;
}

/** The model that is asked beside the current edition, if there is one. */
export class ShadowControl {
  readonly #options: ShadowControlOptions;
  #shadow: Shadow | undefined;

  constructor(options: ShadowControlOptions) {
    this.#options = options;
  }

  /** Call when the current edition is loaded, and whenever it is another one. What was counted is forgotten. */
  use(config: Config): void {
    const { editions, counters } = this.#options;
    this.close();
    counters.shadow = undefined;
    const { current } = editions;
    if (current.shadow === undefined) return;
    counters.shadow = new AnswerComparison(current.shadow.beside.model);
    this.#shadow = this.#create(config, current, counters.shadow);
  }

  /** Call when these slots are committed, before they are released. */
  observe(slots: Int32Array, count: number): void {
    this.#shadow?.observe(slots, count);
  }

  close(): void {
    this.#shadow?.close();
    this.#shadow = undefined;
  }

  /** KS_STATE if there is none. */
  report(): ShadowReport {
    const { shadow } = this.#options.counters;
    if (shadow === undefined)
      throw new KubesentimentError(
        'KS_STATE',
        'No model is asked beside the one in use: model.shadow is not set.',
      );
    const { model, version, failed } = shadow;
    return {
      ...{ model, model_version: version, failed },
      ...agreementOf(shadow),
      differences: shadow.differences.map(({ otherLabel, otherScore, ...each }) => ({
        ...each,
        ...{ shadow_label: otherLabel, shadow_score: otherScore },
      })),
    };
  }

  #create(config: Config, current: LoadedModel, counts: AnswerComparison): Shadow {
    const { table: source, editions, keyring, hasWork, logger } = this.#options;
    const { beside, share, table } = current.shadow as NonNullable<LoadedModel['shadow']>;
    const { model, decoder, pool, loaded } = beside;
    return new Shadow({
      ...{ share, source, table, decoder, counts },
      answerOf: (slot) => {
        const { model: answerer } = editions.of(source.edition[slot] as number);
        return {
          label: labelOf(answerer, source.label[slot] as number),
          score: source.score[slot] as number,
        };
      },
      rereader: rereaderOf({ config, table, keyring }, decoder, table.capacity),
      pool: new SparePool({
        ...{ pool, hasWork },
        busy: stagesOf(current).map((stage) => stage.pool),
        threads: config.model.max_threads,
      }),
      settings: { ...scoreSettings(model, loaded.traits), limits: batchLimits(config, model, loaded) },
      lengthMax: model.maxLength,
      labels: model.labels,
      labelOf: (index) => labelOf(model, index),
      allScores: beside.allScores as Float32Array,
      onFatal: (error) =>
        logger.error('shadow_stopped', { model: model.name, version: model.version }, error),
    });
  }
}
