import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ConfigError } from '../../../src/config/problem.ts';
import { type LoadedConfig, type LoadOptions, loadConfig } from '../../../src/config/load.ts';

/** Runs `action` with the path of a new file that holds `content`. */
export function withFile<T>(content: string | Uint8Array, action: (file: string) => T): T {
  const directory = mkdtempSync(join(tmpdir(), 'kubesentiment-config-'));
  try {
    const file = join(directory, 'test.yaml');
    writeFileSync(file, content);
    return action(file);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

export function loadYaml(yaml: string, options: LoadOptions = {}): LoadedConfig {
  return withFile(yaml, (file) => loadConfig({ ...options, file }));
}

/** The error of a configuration that must not load; file names are cut down to their last part. */
export function failureOf(yaml: string, options: LoadOptions = {}): ConfigError {
  return withFile(yaml, (file) => {
    try {
      loadConfig({ ...options, file });
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      const short = (text: string) => text.replaceAll(`${dirname(file)}/`, '');
      error.message = short(error.message);
      const problems = error.problems.map((problem) => ({ ...problem, where: short(problem.where) }));
      Object.defineProperty(error, 'problems', { value: problems });
      return error;
    }
    throw new Error(`loaded, but should not:\n${yaml}`);
  });
}

/** `where key` of every problem. */
export function problemsOf(yaml: string, options: LoadOptions = {}): string[] {
  return failureOf(yaml, options).problems.map(({ where, key }) => `${where} ${key}`);
}
