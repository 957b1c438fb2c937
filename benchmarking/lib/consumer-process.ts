import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { KubesentimentError } from '../../src/errors.ts';
import { root } from '../../test/helpers/paths.ts';

const STOP_TIMEOUT_MS = 60_000;

/** A program of this package in a process of its own, so that its processor time is its own too. */
export class ConsumerProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<number | null>;
  #errors = '';

  /** `args`: script and arguments, the script relative to the package; or with `program` its arguments. */
  constructor(args: readonly string[], program?: string) {
    const [script, ...rest] = args as [string, ...string[]];
    const own = program === undefined ? [join(root, script), ...rest] : args;
    this.#child = spawn(program ?? process.execPath, own, {
      env: { ...process.env, UV_THREADPOOL_SIZE: '16' },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#child.stderr?.on('data', (text) => {
      this.#errors = (this.#errors + text).slice(-4_000);
    });
    this.#ended = once(this.#child, 'exit').then(([code]) => code as number | null);
    // A benchmark that fails must not leave the consumer behind.
    const kill = (): void => void this.#child.kill('SIGKILL');
    process.once('exit', kill);
    void this.#ended.then(() => process.off('exit', kill));
  }

  /** Any program, such as one of a peer. */
  static of([program, ...args]: readonly [string, ...string[]]): ConsumerProcess {
    return new ConsumerProcess(args, program);
  }

  get pid(): number {
    return this.#child.pid as number;
  }

  /** Throws when the process has ended before it was told to. */
  checkRunning(): void {
    if (this.#child.exitCode === null && this.#child.signalCode === null) return;
    throw new KubesentimentError('KS_STATE', `The consumer ended early with code ${this.#child.exitCode}.`, {
      remedy: this.#errors.trim(),
    });
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  /** SIGTERM; resolves when it has drained and left. Throws when it ends with another code than 0, unless it may. */
  async stop({ mayFail = false } = {}): Promise<void> {
    this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    const code = await this.#ended;
    clearTimeout(timer);
    if (code === 0 || mayFail) return;
    throw new KubesentimentError('KS_STATE', `The consumer ended with code ${code}.`, {
      remedy: this.#errors.trim(),
    });
  }
}
