/** A wall clock that a test moves under a running process, as an administrator or a suspended machine does. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { root } from './paths.ts';

export interface MovedClock {
  /** Of the process whose clock it is. */
  readonly env: NodeJS.ProcessEnv;
  /** By so many seconds from the real time; negative: back. */
  move(seconds: number): void;
}

/** A sentence instead, where no C compiler is there to make it. */
export function movedClock(t: TestContext): MovedClock | string {
  const folder = mkdtempSync(join(tmpdir(), 'kubesentiment-clock-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const library = join(folder, 'moved-clock.so');
  const source = join(root, 'test/helpers/moved-clock.c');
  const compiled = spawnSync('cc', ['-shared', '-fPIC', '-O1', '-o', library, source, '-ldl'], {
    encoding: 'utf8',
  });
  if (compiled.error !== undefined) return `no C compiler: ${compiled.error.message}`;
  if (compiled.status !== 0) throw new Error(compiled.stderr);
  const file = join(folder, 'seconds');
  const move = (seconds: number): void => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt(seconds));
    // In place: the process has mapped this file.
    writeFileSync(file, bytes, { flag: 'r+' });
  };
  writeFileSync(file, Buffer.alloc(8));
  return { env: { LD_PRELOAD: library, MOVED_CLOCK: file }, move };
}
