import { type LoadedConfig, loadConfig } from '../config/load.ts';
import type { CommonOptions } from './common.ts';

/** The configuration of a command: its options win over the environment, which wins over the file. */
export function loadSettings(
  options: CommonOptions,
  env: NodeJS.ProcessEnv,
  more: Record<string, unknown> = {},
): LoadedConfig {
  // No model at all: for measuring everything else. As text it would be a directory of that name.
  const set = options.set?.['model.path'] === 'null' ? { ...options.set, 'model.path': null } : options.set;
  const model = options.model === undefined ? {} : { 'model.path': options.model };
  return loadConfig({ file: options.config, env, overrides: { ...more, ...set, ...model } });
}
