import type { Config } from '../config/schema.ts';
import type { Logger } from '../log.ts';
import type { Counters } from '../metrics/counters.ts';
import { type ConfiguredModels, readConfiguredModels } from '../predict/cascade-models.ts';
import type { LoadedModel } from './loaded-model.ts';
import { refuseCanary, withoutCanary } from './refused-canary.ts';

export interface FirstModelOptions {
  readonly create: (config: Config, models: ConfiguredModels, number: number) => LoadedModel;
  readonly counters: Counters;
  readonly logger: Logger;
}

/**
 * The models to begin with. One that cannot even be tried is no reason not to start: without it, all goes on as before.
 * Otherwise a bad canary would end every process that restarts. KS_MODEL_NOT_FOUND, KS_MODEL_INVALID,
 * KS_MODEL_UNSUPPORTED, KS_CONFIG_INVALID.
 */
export function firstModel(config: Config, options: FirstModelOptions): LoadedModel {
  try {
    return options.create(config, readConfiguredModels(config), 1);
  } catch (error) {
    if (config.model.canary === undefined) throw error;
    const without = withoutCanary(config);
    const model = options.create(without, readConfiguredModels(without), 1);
    refuseCanary(config, options, error);
    return model;
  }
}
