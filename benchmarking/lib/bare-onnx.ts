import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { ModelInfo } from '../../src/types.ts';
import type { BareRunRequest, BareWorkerData } from './bare-onnx-worker.ts';
import type { PackedTexts } from './packed-texts.ts';

export interface BareRun {
  /** Texts a second. */
  readonly tps: number;
  /** User and system time of this process; what else it did meanwhile is part of it, which should be nothing. */
  readonly cpuUsPerText: number;
}

/** ONNX Runtime and nothing else: one session for each core, each on a thread of its own. */
export class BareOnnx {
  readonly #workers: readonly Worker[];

  private constructor(workers: readonly Worker[]) {
    this.#workers = workers;
  }

  /** `stock`: with the options that ONNX Runtime has by itself, on one thread a session, instead of ours. */
  static async start(model: ModelInfo, threads: number, { stock = false } = {}): Promise<BareOnnx> {
    process.env['ORT_DISABLE_TELEMETRY'] ??= '1'; // as the product does
    const workerData: BareWorkerData = { onnxPath: model.onnxPath, labels: model.labels.length, stock };
    const file = new URL('./bare-onnx-worker.js', import.meta.url);
    const workers = Array.from({ length: threads }, () => new Worker(file, { workerData }));
    await Promise.all(workers.map((worker) => once(worker, 'message')));
    return new BareOnnx(workers);
  }

  /** Over all of them; making the tensors and handing them over does not count. */
  async measure(texts: PackedTexts): Promise<BareRun> {
    const next = new SharedArrayBuffer(4);
    const counter = new Int32Array(next).fill(-1);
    const request: BareRunRequest = { texts, next };
    const prepared = this.#workers.map((worker) => once(worker, 'message'));
    for (const worker of this.#workers) worker.postMessage(request);
    await Promise.all(prepared);
    const ended = this.#workers.map((worker) => once(worker, 'message'));
    const startedAt = performance.timeOrigin + performance.now();
    const cpuBefore = process.cpuUsage();
    Atomics.store(counter, 0, 0);
    Atomics.notify(counter, 0);
    const endedAt = Math.max(...(await Promise.all(ended)).map(([time]) => time as number));
    const { user, system } = process.cpuUsage(cpuBefore);
    const rows = texts.batches.reduce((sum, batch) => sum + batch.rows, 0);
    return { tps: (rows * 1000) / (endedAt - startedAt), cpuUsPerText: (user + system) / rows };
  }

  /** To be called between runs only: ending a thread in the middle of a run aborts the process. */
  async stop(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }
}
