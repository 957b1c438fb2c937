import { setTimeout as sleep } from 'node:timers/promises';
import { Piscina } from 'piscina';
import { KubesentimentError } from '../errors.ts';
import { Signal } from '../signal.ts';
import { withTimeout } from '../timing.ts';
import type { BackendDescription, BackendModule, ModelToLoad } from './backend.ts';
import { bytesOf, idsOf, logitsOf, maskOf } from './layout.ts';
import type { ModelPool, Tensors } from './model-pool.ts';
import { PinnedFiles } from './pinned-files.ts';
import { PlaceListeners } from './place-listeners.ts';
import { GivingWay } from './thread-priority.ts';
import type { InferenceTask, WorkerOptions } from './worker.ts';

export interface InferencePoolOptions {
  readonly backend: BackendModule;
  readonly model: ModelToLoad;
  readonly threadsMin: number;
  readonly threadsMax: number;
  /** A batch that runs for longer has failed. */
  readonly timeoutMs: number;
  /** A thread beyond `threadsMin` ends after being idle for this long. Default 30 s. */
  readonly threadIdleMs?: number;
  /** Its threads give way to others until `takeOver`. */
  readonly givesWay?: boolean | undefined;
}

/** Places for each thread: one for the batch that runs, one for the batch that waits behind it. */
const PLACES = 2;
const THREAD_IDLE_MS = 30_000;
/** A thread that has not loaded the model by then has ended while it did. */
const LOADING_MS_MAX = 60_000;
const LOADING_CHECK_MS = 10;

/**
 * The threads that run the model; each loads its own. Buffers are moved to a worker and back, never copied. A worker is
 * never terminated while it runs a batch: ONNX Runtime would abort the whole process.
 */
export class InferencePool implements ModelPool {
  readonly #options: InferencePoolOptions;
  readonly #pool: Piscina;
  readonly #buffers: ArrayBuffer[] = [];
  readonly #placeListeners = new PlaceListeners();
  /** For each place, when a thread started on its batch, in ms since 1970; 0: not yet. Written by the threads. */
  readonly #begunAt: BigInt64Array;
  readonly #freePlaces: number[];
  readonly #files: PinnedFiles;
  readonly #givingWay: GivingWay;
  /** Threads that have ended, and those of all that have loaded the model, or failed to. */
  #ended = 0;
  readonly #settled = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  /** Threads that are asked for beyond those that batches need. */
  #wanted = 0;
  readonly #freed = new Signal();
  #inFlight = 0;
  #hanging = 0;

  constructor(options: InferencePoolOptions) {
    this.#options = options;
    // Without it ONNX Runtime writes an id of the machine to the home directory and sends usage data to Microsoft. The
    // library reads it once, as it loads, from the environment of the process: workers have only a copy of that.
    process.env['ORT_DISABLE_TELEMETRY'] ??= '1';
    const places = options.threadsMax * PLACES;
    this.#freePlaces = Array.from({ length: places }, (_, place) => place);
    this.#begunAt = new BigInt64Array(new SharedArrayBuffer(places * BigInt64Array.BYTES_PER_ELEMENT));
    const { onnxPath, graph } = options.model;
    this.#files = new PinnedFiles([onnxPath, ...(graph?.weightPaths ?? []).map(({ path }) => path)]);
    this.#givingWay = new GivingWay(options.threadsMax, options.givesWay === true);
    this.#pool = new Piscina({
      filename: new URL('./worker.js', import.meta.url).href,
      minThreads: options.threadsMin,
      maxThreads: options.threadsMax,
      concurrentTasksPerWorker: PLACES,
      idleTimeout: options.threadIdleMs ?? THREAD_IDLE_MS,
      atomics: 'disabled',
      loadBalancer: (_task, workers) => this.#choose(workers),
      workerData: {
        backend: options.backend,
        model: { ...options.model, pinned: this.#files.files },
        begunAt: this.#begunAt,
        settled: this.#settled,
        givingWay: this.#givingWay.shared,
      } satisfies WorkerOptions,
    });
    this.#pool.on('workerDestroy', () => this.#ended++);
    this.#pool.on('error', () => undefined); // its tasks reject with the same error
  }

  /** Loads the model in the first thread. Rejects with KS_MODEL_INVALID if the backend cannot load it. */
  async start(): Promise<BackendDescription> {
    try {
      return (await this.#pool.run(undefined, { name: 'describe' })) as BackendDescription;
    } catch (error) {
      throw new KubesentimentError('KS_MODEL_INVALID', `The model cannot be loaded: ${messageOf(error)}`, {
        remedy: 'Check the directory with "kubesentiment model check DIR".',
        cause: error,
      });
    }
  }

  /**
   * Starts threads until there are `count`, and waits until they have loaded the model. One after the other: whoever
   * works meanwhile loses one processor at most.
   */
  async warm(count: number): Promise<void> {
    try {
      while (this.threads < Math.min(count, this.#options.threadsMax)) {
        this.#wanted = this.threads + 1;
        // One for each thread that is there, and the last one starts another.
        const tasks = Array.from({ length: this.#wanted }, () =>
          this.#pool.run(undefined, { name: 'describe' }),
        );
        await Promise.all(tasks);
        if (this.threads < this.#wanted) break; // it must not start any more
      }
      await this.#untilLoaded();
    } finally {
      this.#wanted = 0;
    }
  }

  /** Its threads have the same priority as others from now on. */
  takeOver(): void {
    this.#givingWay.end();
  }

  get threads(): number {
    return this.#pool.threads.length;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  get hasIdleThread(): boolean {
    return this.#inFlight < this.#options.threadsMax;
  }

  get hasPlace(): boolean {
    return this.#inFlight < this.#options.threadsMax * PLACES;
  }

  onPlace(listener: () => void): () => void {
    return this.#placeListeners.add(listener);
  }

  tensors(rows: number, width: number): Tensors {
    const { layout } = this.#options.model;
    const buffer = this.#buffers.pop() ?? new ArrayBuffer(bytesOf(layout));
    const tokens = rows * width;
    return { buffer, rows, width, ids: idsOf(buffer, layout, tokens), mask: maskOf(buffer, layout, tokens) };
  }

  async run(tensors: Tensors, read: Parameters<ModelPool['run']>[1]): Promise<boolean> {
    const place = this.#freePlaces.pop();
    if (place === undefined)
      throw new KubesentimentError('KS_INTERNAL', 'A batch was handed over without a free place.');
    Atomics.store(this.#begunAt, place, 0n);
    const task: InferenceTask = { buffer: tensors.buffer, rows: tensors.rows, width: tensors.width, place };
    this.#inFlight++;
    let ranMs = 0;
    const running = this.#pool.run(task, { name: 'infer', transferList: [tensors.buffer] }).finally(() => {
      ranMs = Number(process.hrtime.bigint() - Atomics.load(this.#begunAt, place)) / 1e6;
      this.#inFlight--;
      this.#freePlaces.push(place);
      if (this.#hanging > 0) this.#freed.notify();
      this.#placeListeners.notify();
    }) as Promise<ArrayBuffer>;
    const buffer = await this.#withTimeout(running, place);
    if (buffer === undefined) return false;
    read(logitsOf(buffer, this.#options.model.layout, tensors.rows), ranMs);
    this.#buffers.push(buffer);
    return true;
  }

  /** Waits for running batches, and for threads that load the model, then ends the threads. */
  async close(): Promise<void> {
    if (this.#hanging > 0) return;
    await this.#untilLoaded();
    await this.#pool.close();
    this.#files.close();
  }

  get isStuck(): boolean {
    return this.#hanging >= this.#options.threadsMax * PLACES;
  }

  async #untilLoaded(): Promise<void> {
    const deadline = performance.now() + LOADING_MS_MAX;
    const isLoading = (): boolean => Atomics.load(this.#settled, 0) < this.threads + this.#ended;
    while (isLoading() && performance.now() < deadline) await sleep(LOADING_CHECK_MS);
  }

  /**
   * An idle thread, else a new one (null) if the maximum allows, else the place behind a busy one. Piscina by itself
   * would fill the places of the first thread before it starts a second one.
   */
  #choose<T extends { readonly currentUsage: number }>(workers: readonly T[]): T | null {
    const idle = workers.find(({ currentUsage }) => currentUsage === 0);
    if (idle !== undefined) return idle;
    // `threads` includes those that are still starting, so that none is requested twice.
    const isWanted = Math.max(this.#inFlight, this.#wanted) > this.threads;
    if (isWanted && this.threads < this.#options.threadsMax && this.#files.areUntouched) return null;
    return workers.find(({ currentUsage }) => currentUsage < PLACES) ?? null;
  }

  /** Resolves with undefined if no thread started on the batch in time. */
  async #withTimeout(running: Promise<ArrayBuffer>, place: number): Promise<ArrayBuffer | undefined> {
    const { timeoutMs } = this.#options;
    let isGivenUp = false;
    const settled = running.finally(() => {
      if (isGivenUp) this.#hanging--;
    });
    settled.catch(() => undefined);
    let begunAt = 0n;
    try {
      for (
        let waitMs = timeoutMs;
        waitMs > 0;
        waitMs = begunAt === 0n ? 0 : timeoutMs - Number(process.hrtime.bigint() - begunAt) / 1e6
      ) {
        const buffer = await withTimeout(settled, waitMs, () => undefined);
        if (buffer !== undefined) return buffer;
        begunAt = Atomics.load(this.#begunAt, place);
      }
    } catch (error) {
      throw new KubesentimentError('KS_INFERENCE_FAILED', `Inference failed: ${messageOf(error)}`, {
        cause: error,
      });
    }
    isGivenUp = true;
    this.#hanging++;
    // While every place is taken nothing else can run anyway, so a slow thread gets the same time once more.
    const deadline = performance.now() + timeoutMs;
    while (this.isStuck && performance.now() < deadline) await this.#freed.wait(deadline - performance.now());
    if (begunAt === 0n && !this.isStuck) return undefined;
    throw new KubesentimentError('KS_INFERENCE_TIMEOUT', `A batch took longer than ${timeoutMs} ms.`);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
