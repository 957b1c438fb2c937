import { changedKeys, differences, withKeys } from '../config/difference.ts';
import type { LoadedConfig } from '../config/load.ts';
import { configAsJson } from '../config/print.ts';
import { ConfigError, type Place } from '../config/problem.ts';
import { checkRules } from '../config/rules.ts';
import type { RunningConfig } from '../config/running.ts';
import type { Config, KeyEntry, KeyName } from '../config/schema.ts';
import { describeError, KubesentimentError } from '../errors.ts';
import type { ConfigChange, ConfigControl, ConfigReloaded } from '../http/service-view.ts';
import type { Logger, LogLevel } from '../log.ts';
import { watchedKeys } from './credentials.ts';
import type { ModelReload } from './model-reload.ts';

export interface ConfigReloadOptions {
  readonly running: RunningConfig;
  /** From where the service had it. Throws everything that is wrong. */
  readonly read: () => LoadedConfig;
  readonly model: ModelReload;
  readonly logger: Logger;
  readonly isRunning: () => boolean;
}

/** Levels at which the line about the reload would not be written. */
const quietLevels: ReadonlySet<LogLevel> = new Set(['warn', 'error', 'fatal', 'silent']);

/**
 * Reads the configuration again and uses what can change while the service runs; the rest is named and left as it was.
 * All or nothing: if anything is wrong, or the model cannot be loaded with its new keys, nothing changes.
 */
export class ConfigReload implements ConfigControl {
  readonly #options: ConfigReloadOptions;
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: ConfigReloadOptions) {
    this.#options = options;
  }

  /** One after the other. Rejects with the reason why nothing has changed, which is logged, too. */
  reload(): Promise<ConfigReloaded> {
    const own = this.#last.then(() => this.#reloadOrLog());
    this.#last = own.catch(() => undefined);
    return own;
  }

  inUse(): object {
    return configAsJson({ config: this.#options.running.current });
  }

  async #reloadOrLog(): Promise<ConfigReloaded> {
    try {
      return await this.#reload();
    } catch (error) {
      this.#options.logger.error('config_rejected', { reason: describeError(error) });
      throw error;
    }
  }

  async #reload(): Promise<ConfigReloaded> {
    const { running, read, model, isRunning, logger } = this.#options;
    if (!isRunning())
      throw new KubesentimentError(
        'KS_STATE',
        'The configuration can be reloaded only while the service runs.',
      );
    const loaded = read();
    for (const warning of loaded.warnings) logger.warn('config_warning', { warning });
    const before = running.current;
    const renewedElsewhere = watchedKeys(loaded);
    const keys = changedKeys(before, loaded.config).filter(({ name }) => !renewedElsewhere.has(name));
    const taken = keys.filter(({ facts }) => facts.whileRunning !== undefined);
    const left = keys.filter(({ facts }) => facts.whileRunning === undefined);
    const next = withKeys(before, loaded.config, taken);
    checkTogether(next, loaded, left);
    const isOfModel = taken.some(({ facts }) => facts.whileRunning === 'model');
    if (isOfModel) await model.reloadWith(next);
    // Certificates and passwords may have been renewed meanwhile.
    running.use(withKeys(running.current, next, taken));
    const changes = differences(before, loaded.config).map(({ key, from, to }) => ({ key, from, to }));
    const of = (entries: readonly KeyEntry[]): ConfigChange[] =>
      changes.filter(({ key }) => entries.some(({ name }) => name === key));
    const reloaded = { changed: of(taken), needs_restart: of(left), model_reloaded: isOfModel };
    this.#report(reloaded);
    return reloaded;
  }

  /** The first line is written with whichever level shows it. */
  #report({ changed, needs_restart: needsRestart }: ConfigReloaded): void {
    const { running, logger } = this.#options;
    const { level } = running.current.logging;
    const lines = changed.map(
      ({ key, from, to }) => `${key}: ${JSON.stringify(from)} -> ${JSON.stringify(to)}`,
    );
    if (!quietLevels.has(level)) logger.setLevel?.(level);
    logger.info('config_reloaded', { changed: lines });
    logger.setLevel?.(level);
    if (needsRestart.length > 0)
      logger.warn('config_needs_restart', { keys: needsRestart.map(({ key }) => key) });
  }
}

/** What is taken up must also fit to what is left as it was. */
function checkTogether(next: Config, { origins }: LoadedConfig, left: readonly KeyEntry[]): void {
  const placeOf = (key: KeyName): Place | undefined => {
    const where = origins.get(key);
    return where === undefined || where === 'default' ? undefined : { where };
  };
  const { problems } = checkRules(next, placeOf, new Set());
  if (problems.length === 0) return;
  const where = `while ${left.map(({ name }) => name).join(', ')} need${left.length === 1 ? 's' : ''} a restart`;
  throw new ConfigError(problems.map((problem) => ({ ...problem, where })));
}
