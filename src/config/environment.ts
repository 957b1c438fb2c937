import { configKeys, type KeyEntry, sectionNames } from './schema.ts';
import type { Setting, SettingSource } from './setting.ts';
import { editDistance } from './suggest.ts';

/**
 * Settings from the environment. An empty variable counts as not set, because templates leave them behind. Other
 * programs have variables with similar names, so an unknown one is not an error; one that looks like a typo gives a
 * warning.
 */
export function readEnvironment(env: Readonly<Record<string, string | undefined>>): SettingSource {
  const settings: Setting[] = [];
  const warnings: string[] = [];
  for (const entry of configKeys.values()) {
    const [name, other] = entry.environmentNames.filter((candidate) => env[candidate]);
    if (name === undefined) continue;
    settings.push(fromVariable(entry, name, env[name] as string));
    if (other !== undefined && env[other] !== env[name]) {
      warnings.push(`${name} and ${other} are both set and differ; using ${name}.`);
    }
  }
  return { settings, problems: [], warnings: [...warnings, ...nearMisses(Object.keys(env))] };
}

function fromVariable(entry: KeyEntry, name: string, value: string): Setting {
  const origin = `env ${name}`;
  return {
    entry,
    value,
    isText: true,
    isHidden: entry.facts.secret === true,
    place: () => ({ where: origin }),
  };
}

function nearMisses(names: readonly string[]): string[] {
  const known = new Set([...configKeys.values()].flatMap((entry) => entry.environmentNames));
  const warnings: string[] = [];
  for (const name of names) {
    if (known.has(name)) continue;
    const section = sectionNames.find((candidate) =>
      withoutPrefix(name).startsWith(`${candidate.toUpperCase()}_`),
    );
    if (section === undefined) continue;
    const meant = [...known].find((candidate) => editDistance(name, candidate, 3) < 3);
    if (meant !== undefined)
      warnings.push(`The environment variable ${name} is unknown; did you mean ${meant}?`);
    else if (name.startsWith('MLOPS_'))
      warnings.push(`The environment variable ${name} is unknown and has no effect.`);
  }
  return warnings;
}

function withoutPrefix(name: string): string {
  return name.replace(/^MLOPS_/, '');
}
