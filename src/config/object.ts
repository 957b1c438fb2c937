import type { ConfigProblem } from './problem.ts';
import { type Config, configKeys, type SectionName, sectionNames } from './schema.ts';
import type { Setting, SettingSource } from './setting.ts';
import { suggest } from './suggest.ts';

/** The sections and keys of a configuration file as an object. Every value can also be given as text. */
export type Settings = {
  readonly [S in SectionName]?: { readonly [K in keyof Config[S]]?: Config[S][K] | string | undefined };
};

/** Settings that a program gives as an object. Nothing is inserted into its values. */
export function readSettings(settings: Settings): SettingSource {
  const where = 'settings';
  const problems: ConfigProblem[] = [];
  const flat: (readonly [string, unknown])[] = [];
  for (const [section, keys] of Object.entries<unknown>(settings)) {
    if (!sectionNames.some((name) => name === section)) {
      const suggestion = suggest(section, sectionNames);
      const allowed = `the sections ${sectionNames.join(', ')}`;
      problems.push({ key: section, where, message: 'unknown section', allowed, suggestion });
    } else if (typeof keys === 'object' && keys !== null && !Array.isArray(keys)) {
      flat.push(...Object.entries(keys).map(([key, value]) => [`${section}.${key}`, value] as const));
    } else if (keys !== undefined) {
      problems.push({ key: section, where, message: 'must be an object with keys' });
    }
  }
  const source = readFlat(flat, where);
  return { ...source, problems: [...problems, ...source.problems] };
}

/** `section.key` → value, as the command line gives it. */
export function readOverrides(overrides: Readonly<Record<string, unknown>>): SettingSource {
  return readFlat(Object.entries(overrides), 'command line');
}

function readFlat(flat: Iterable<readonly [string, unknown]>, where: string): SettingSource {
  const settings: Setting[] = [];
  const problems: ConfigProblem[] = [];
  for (const [name, value] of flat) {
    const entry = configKeys.get(name);
    if (entry === undefined) {
      const suggestion = suggest(name, configKeys.keys());
      problems.push({ key: name, where, message: 'unknown key', suggestion });
    } else if (value !== undefined) {
      const isHidden = entry.facts.secret === true;
      settings.push({ entry, value, isText: typeof value === 'string', isHidden, place: () => ({ where }) });
    }
  }
  return { settings, problems, warnings: [] };
}
