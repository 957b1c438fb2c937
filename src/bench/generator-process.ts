import { type ChildProcess, fork } from 'node:child_process';
import { KubesentimentError } from '../errors.ts';
import type { FromGenerator, SendReport, SendTask, ToGenerator } from './generator-messages.ts';

const END_TIMEOUT_MS = 20_000;

/** The sender's process, as seen by the measuring process. */
export class GeneratorProcess {
  readonly #child: ChildProcess;
  #waiting: { resolve: (message: FromGenerator) => void; reject: (error: Error) => void } | undefined;
  #failure: Error | undefined;
  #ending = false;
  /** Messages of the current or last task. */
  sent = 0;

  constructor() {
    this.#child = fork(new URL('./generator.js', import.meta.url), {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      execArgv: [],
    });
    this.#child.on('message', (message: FromGenerator) => this.#hear(message));
    this.#child.once('exit', (code) => {
      if (!this.#ending) this.#fail('KS_STATE', `The message generator ended early with code ${code}.`);
    });
  }

  get pid(): number {
    return this.#child.pid as number;
  }

  async setup(options: Omit<Extract<ToGenerator, { kind: 'setup' }>, 'kind'>): Promise<void> {
    await this.#ask({ kind: 'setup', ...options });
  }

  /** Resolves when everything was sent and acknowledged by the broker. */
  async send(task: SendTask): Promise<SendReport> {
    this.sent = 0;
    const answer = await this.#ask({ kind: 'send', task });
    if (answer.kind !== 'done') throw new KubesentimentError('KS_INTERNAL', 'The generator sent no report.');
    this.sent = answer.report.sent;
    return answer.report;
  }

  tellVisible(count: number, aheadMax: number): void {
    if (this.#child.connected) this.#child.send({ kind: 'visible', count, aheadMax } satisfies ToGenerator);
  }

  async end(): Promise<void> {
    this.#ending = true;
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = new Promise((resolve) => this.#child.once('exit', resolve));
    if (this.#child.connected) this.#child.send({ kind: 'end' } satisfies ToGenerator);
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), END_TIMEOUT_MS);
    await exited;
    clearTimeout(timer);
  }

  #ask(message: ToGenerator): Promise<FromGenerator> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#child.send(message);
    });
  }

  #hear(message: FromGenerator): void {
    if (message.kind === 'sent') this.sent = message.count;
    else if (message.kind === 'failed') this.#fail(message.code, message.sentence);
    else this.#waiting?.resolve(message);
  }

  #fail(code: KubesentimentError['code'], sentence: string): void {
    this.#failure = new KubesentimentError(code, sentence);
    this.#waiting?.reject(this.#failure);
  }
}
