import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { root } from '../../helpers/paths.ts';

/** A temporary folder with copies of these files and folders of the repository; removed after the test. */
export function temporaryProject(t: TestContext, ...paths: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'kubesentiment-scripts-'));
  t.after(() => rmSync(folder, { recursive: true }));
  for (const path of paths) cpSync(join(root, path), join(folder, path), { recursive: true });
  return folder;
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Standard output and standard error together. */
  readonly output: string;
}

/** Runs Node with `args`. `onOutput` sees the output so far and can end the child. */
export function runNode(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  onOutput: (output: string, kill: (signal: NodeJS.Signals) => void) => void = () => {},
): Promise<Ended> {
  // NODE_TEST_CONTEXT would make a test runner inside a test report to the outer one.
  const { NODE_TEST_CONTEXT: _, UV_THREADPOOL_SIZE: __, ...inherited } = process.env;
  const child = spawn(process.execPath, args, {
    env: { ...inherited, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      onOutput(output, (signal) => child.kill(signal));
    });
  }
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, output }));
  });
}
