import { checkSetting } from './check.ts';
import { checkTopics } from './check-topics.ts';
import { readEnvironment } from './environment.ts';
import { readConfigFile } from './file.ts';
import { readOverrides, readSettings, type Settings } from './object.ts';
import { ConfigError, type ConfigProblem } from './problem.ts';
import { checkRules } from './rules.ts';
import { type Config, configKeys, defaultOf, type KeyName } from './schema.ts';
import type { Setting, SettingFile } from './setting.ts';

export interface LoadOptions {
  /** A YAML file. */
  readonly file?: string | undefined;
  /** The same sections and keys as an object, for a program that needs no file. Takes precedence over the file. */
  readonly settings?: Settings | undefined;
  /** `section.key` → value, typed or as text. Takes precedence over everything else. */
  readonly overrides?: Readonly<Record<string, unknown>> | undefined;
  /** Also the source of `$NAME` in the file. Default: empty; only the commands read the environment of the process. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
}

export interface LoadedConfig {
  /** Deeply frozen. */
  readonly config: Config;
  /** Where each key was set: `default`, `FILE:LINE:COLUMN`, `settings`, `env NAME` or `command line`. */
  readonly origins: ReadonlyMap<KeyName, string>;
  /** Things that are valid, but probably mistakes. */
  readonly warnings: readonly string[];
  /** Other files whose content was inserted into the configuration. */
  readonly files: readonly SettingFile[];
}

/**
 * Command line > environment > object > file > default. Throws a `ConfigError` that lists everything that is wrong.
 */
export function loadConfig({
  file,
  settings = {},
  overrides = {},
  env = {},
}: LoadOptions = {}): LoadedConfig {
  const sources = [
    ...(file === undefined ? [] : [readConfigFile(file, env)]),
    readSettings(settings),
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
    const check = entry.name === 'kafka.topics' ? checkTopics : checkSetting;
    const checked = setting && check(setting);
    problems.push(...(checked?.problems ?? []));
    const value = checked === undefined || checked.problems ? defaultOf(entry) : checked.value;
    sections[entry.section] ??= {};
    (sections[entry.section] as Record<string, unknown>)[entry.key] = value;
    origins.set(entry.name, setting?.place([]).where ?? 'default');
  }

  const topicsOrigin = given.has('kafka.topic') ? 'kafka.topic' : 'kafka.topics';
  origins.set('kafka.topic', origins.get(topicsOrigin) as string);
  const config = deepFreeze(withAllTopics(sections as unknown as Config, topicsOrigin === 'kafka.topics'));
  const placeOf = (key: KeyName, path: readonly PropertyKey[]) =>
    given.get(key === 'kafka.topic' ? topicsOrigin : key)?.place(path);
  const verdict = checkRules(config, placeOf, brokenKeys(problems));
  problems.push(...verdict.problems);
  if (problems.length > 0) throw new ConfigError(problems);
  return {
    config,
    origins,
    warnings: [...sources.flatMap((source) => source.warnings), ...verdict.warnings],
    files: sources.flatMap(({ files = [] }) => files),
  };
}

/** One that was given as it is, so there is nothing to read again. */
export function unchanging(config: Config): LoadedConfig {
  return { config, origins: new Map(), warnings: [], files: [] };
}

/** Those of `kafka.topics` are request topics like the others. */
function withAllTopics(config: Config, isAlone: boolean): Config {
  const { kafka } = config;
  if (kafka.topics === undefined) return config;
  const named = kafka.topics.map(({ topic }) => topic);
  const topic = [...new Set([...(isAlone ? [] : kafka.topic), ...named])];
  return { ...config, kafka: { ...kafka, topic } };
}

/** Keys without a trustworthy value, including the one that a misspelled name was meant to be. */
function brokenKeys(problems: readonly ConfigProblem[]): ReadonlySet<string> {
  // Without a readable file, no value can be trusted.
  if (problems.some(({ key }) => key === '')) return new Set(configKeys.keys());
  return new Set(
    problems.flatMap(({ key, suggestion }) => [
      key.replace(/\[.*/, ''),
      `${key.split('.')[0]}.${suggestion}`,
    ]),
  );
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(deepFreeze);
  return value;
}
