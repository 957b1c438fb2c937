import { isDeepStrictEqual } from 'node:util';
import { shownValue } from './print.ts';
import type { Sections } from './sections.ts';
import { type Config, configKeys, type KeyEntry, type KeyName } from './schema.ts';

/** One key that has two values. Those of secrets are hidden. */
export interface Difference {
  readonly key: KeyName;
  /** null: not set. */
  readonly from: unknown;
  readonly to: unknown;
  /** Whether a running service can take it up; if not, it needs a restart. */
  readonly while_running: boolean;
}

/** Every key that differs, in the order of the documentation. */
export function differences(from: Sections, to: Sections): Difference[] {
  return changedKeys(from, to).map((entry) => ({
    key: entry.name,
    from: shownValue(entry, valueIn(from, entry)) ?? null,
    to: shownValue(entry, valueIn(to, entry)) ?? null,
    while_running: entry.facts.whileRunning !== undefined,
  }));
}

export function changedKeys(from: Sections, to: Sections): KeyEntry[] {
  return [...configKeys.values()].filter(
    (entry) => !isDeepStrictEqual(valueIn(from, entry), valueIn(to, entry)),
  );
}

/** `config` with the values that `newer` has for some keys. Frozen. */
export function withKeys(config: Config, newer: Config, entries: readonly KeyEntry[]): Config {
  const sections: Record<string, object> = { ...config };
  for (const { section, key } of entries) {
    const value = (newer[section] as Readonly<Record<string, unknown>>)[key];
    sections[section] = Object.freeze({ ...sections[section], [key]: value });
  }
  return Object.freeze(sections) as unknown as Config;
}

/** A value that JSON leaves out, and null, which stands for nothing in `model.path` only, are not the same. */
function valueIn(sections: Sections, { section, key }: KeyEntry): unknown {
  return sections[section]?.[key];
}
