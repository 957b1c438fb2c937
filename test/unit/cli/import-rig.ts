/** Runs `model import` of the built command. */
import { spawnSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../helpers/paths.ts';

export const command = join(root, 'bin/kubesentiment.cjs');

export function kubesentiment(args: readonly string[], input = '') {
  const options = { encoding: 'utf8', input, maxBuffer: 2 ** 26 } as const;
  return spawnSync(process.execPath, [command, ...args], options);
}

export function importModel(...args: string[]) {
  return kubesentiment(['model', 'import', ...args, '--seconds', '1']);
}

/** A program that `--python` can name: the lines of a shell script. Its own arguments are $1 (-B) and $2 (main.py). */
export function program(folder: string, ...lines: string[]): string {
  const path = join(folder, 'python');
  writeFileSync(path, ['#!/bin/sh', ...lines, ''].join('\n'));
  chmodSync(path, 0o755);
  return path;
}
