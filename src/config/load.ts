import { checkSetting } from './check.ts';
import { readEnvironment } from './environment.ts';
import { readConfigFile } from './file.ts';
import { ConfigError, type ConfigProblem } from './problem.ts';
import { checkRules } from './rules.ts';
import { type Config, configKeys, defaultOf, type KeyName } from './schema.ts';
import type { Setting, SettingFile, SettingSource } from './setting.ts';
import { suggest } from './suggest.ts';

export interface LoadOptions {
  /** YAML file; without it the defaults and the environment count. */
  readonly file?: string | undefined;
  /** `section.key` → value, typed or as text. Wins over everything. */
  readonly overrides?: Readonly<Record<string, unknown>> | undefined;
  /** Also the source of `$NAME` in the file. Default: empty, for only the commands read the process's own. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
}

export interface LoadedConfig {
  /** Deeply frozen. */
  readonly config: Config;
  /** For every key: `default`, `file:LINE:COLUMN`, `env NAME` or `command line`. */
  readonly origins: ReadonlyMap<KeyName, string>;
  /** Sentences: not wrong, but probably not meant. */
  readonly warnings: readonly string[];
  /** Files beside the configuration file whose content is in it. */
  readonly files: readonly SettingFile[];
}

/**
 * Command line > environment > file > default. Throws a `ConfigError` that names everything that is wrong.
 */
export function loadConfig({ file, overrides = {}, env = {} }: LoadOptions = {}): LoadedConfig {
  const sources = [
    ...(file === undefined ? [] : [readConfigFile(file, env)]),
    readEnvironment(env),
    readOverrides(overrides),
  ];
  const given = new Map<string, Setting>();
  for (const setting of sources.flatMap((source) => source.settings)) given.set(setting.entry.name, setting);

  const problems: ConfigProblem[] = sources.flatMap((source) => source.problems);
  const origins = new Map<KeyName, string>();
  const sections: Record<string, Record<string, unknown>> = {};
  for (const entry of configKeys.values()) {
    const setting = given.get(entry.name);
    const checked = setting && checkSetting(setting);
    problems.push(...(checked?.problems ?? []));
    const value = checked === undefined || checked.problems ? defaultOf(entry) : checked.value;
    sections[entry.section] ??= {};
    (sections[entry.section] as Record<string, unknown>)[entry.key] = value;
    origins.set(entry.name, setting?.place([]).where ?? 'default');
  }

  const config = deepFreeze(sections as unknown as Config);
  const verdict = checkRules(config, (key, path) => given.get(key)?.place(path), brokenKeys(problems));
  problems.push(...verdict.problems);
  if (problems.length > 0) throw new ConfigError(problems);
  return {
    config,
    origins,
    warnings: [...sources.flatMap((source) => source.warnings), ...verdict.warnings],
    files: sources.flatMap(({ files = [] }) => files),
  };
}

/** Keys whose value is not what was meant, the one behind a misspelled name included. */
function brokenKeys(problems: readonly ConfigProblem[]): ReadonlySet<string> {
  // Without a readable file nobody knows what was meant at all.
  if (problems.some(({ key }) => key === '')) return new Set(configKeys.keys());
  return new Set(problems.flatMap(({ key, suggestion }) => [key, `${key.split('.')[0]}.${suggestion}`]));
}

function readOverrides(overrides: Readonly<Record<string, unknown>>): SettingSource {
  const where = 'command line';
  const settings: Setting[] = [];
  const problems: ConfigProblem[] = [];
  for (const [name, value] of Object.entries(overrides)) {
    const entry = configKeys.get(name);
    if (entry === undefined) {
      problems.push({
        key: name,
        where,
        message: 'unknown key',
        suggestion: suggest(name, configKeys.keys()),
      });
    } else if (value !== undefined) {
      const isHidden = entry.facts.secret === true;
      settings.push({ entry, value, isText: typeof value === 'string', isHidden, place: () => ({ where }) });
    }
  }
  return { settings, problems, warnings: [] };
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(deepFreeze);
  return value;
}
