import { type LoadedConfig, loadConfig } from '../config/load.ts';
import type { CommonOptions } from './main.ts';

/** The configuration of a command: its options, then the environment, then the file. */
export function loadSettings(
  options: CommonOptions,
  env: NodeJS.ProcessEnv,
  more: Record<string, unknown> = {},
): LoadedConfig {
  return loadConfig({
    file: options.config,
    env,
    overrides: { ...more, ...options.set, ...(options.model === undefined ? {} : { 'model.path': options.model }) },
  });
}
