import type { Sections } from './sections.ts';
import { escapeInterpolation } from './interpolate.ts';
import type { LoadedConfig } from './load.ts';
import { isSecretProperty } from './passthrough.ts';
import { configKeys, type KeyEntry, type KeyName, sectionNames } from './schema.ts';
import { yamlValue } from './yaml.ts';

const MASK = '********';

export interface PrintOptions {
  /** Add to each key where its value comes from. */
  readonly origins?: boolean;
}

/** The effective configuration as a YAML file. Keys without a value are left out, secrets are hidden. */
export function printConfig({ config, origins }: LoadedConfig, options: PrintOptions = {}): string {
  const lines = sectionNames.flatMap((section) => [
    `${section}:`,
    ...given(config).flatMap(({ entry, value }) => {
      if (entry.section !== section) return [];
      const line = `  ${entry.key}: ${yamlValue(escaped(value))}`;
      return options.origins ? `${line.padEnd(50)} # ${origins.get(entry.name)}` : line;
    }),
  ]);
  return `${lines.join('\n')}\n`;
}

/** The same as a JSON object of sections; with `origins`, each key is `{ value, origin }`. */
export function configAsJson(
  { config, origins }: Pick<LoadedConfig, 'config'> & Partial<LoadedConfig>,
  options: PrintOptions = {},
): Sections {
  const sections: Record<string, Record<string, unknown>> = {};
  for (const { entry, value } of given(config)) {
    sections[entry.section] ??= {};
    const shown = options.origins ? { value, origin: origins?.get(entry.name as KeyName) } : value;
    (sections[entry.section] as Record<string, unknown>)[entry.key] = shown;
  }
  return sections;
}

function given(config: LoadedConfig['config']): { entry: KeyEntry; value: unknown }[] {
  return [...configKeys.values()]
    .map((entry) => ({ entry, value: (config[entry.section] as Record<string, unknown>)[entry.key] }))
    .filter(({ value }) => value !== undefined)
    .map(({ entry, value }) => ({ entry, value: shownValue(entry, value) }));
}

/** As people may see it: secrets are hidden. undefined if the key is not set. */
export function shownValue(entry: KeyEntry, value: unknown): unknown {
  if (value === undefined) return undefined;
  if (entry.facts.secret) return MASK;
  if (entry.facts.kind !== 'map') return value;
  const properties = Object.entries(value as object);
  return Object.fromEntries(
    properties.map(([name, property]) => [name, isSecretProperty(name) ? MASK : property]),
  );
}

/** A dollar sign in a file starts an interpolation. */
function escaped(value: unknown): unknown {
  if (typeof value === 'string') return escapeInterpolation(value);
  if (Array.isArray(value)) return value.map(escaped);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, escaped(part)]));
}
