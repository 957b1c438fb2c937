import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { ModelInfo } from '../../src/types.ts';
import type { BareRunRequest, BareWorkerData } from './bare-onnx-worker.ts';
import type { PackedTexts } from './packed-texts.ts';

/** ONNX Runtime and nothing else: one session for each core, each on a thread of its own. */
export class BareOnnx {
  readonly #workers: readonly Worker[];

  private constructor(workers: readonly Worker[]) {
    this.#workers = workers;
  }

  static async start(model: ModelInfo, threads: number): Promise<BareOnnx> {
    process.env['ORT_DISABLE_TELEMETRY'] ??= '1'; // as the product does
    const workerData: BareWorkerData = { onnxPath: model.onnxPath, labels: model.labels.length };
    const file = new URL('./bare-onnx-worker.js', import.meta.url);
    const workers = Array.from({ length: threads }, () => new Worker(file, { workerData }));
    await Promise.all(workers.map((worker) => once(worker, 'message')));
    return new BareOnnx(workers);
  }

  /** Texts a second over all of them; making the tensors and handing them over does not count. */
  async measure(texts: PackedTexts): Promise<number> {
    const next = new SharedArrayBuffer(4);
    const counter = new Int32Array(next).fill(-1);
    const request: BareRunRequest = { texts, next };
    const prepared = this.#workers.map((worker) => once(worker, 'message'));
    for (const worker of this.#workers) worker.postMessage(request);
    await Promise.all(prepared);
    const ended = this.#workers.map((worker) => once(worker, 'message'));
    const startedAt = performance.timeOrigin + performance.now();
    Atomics.store(counter, 0, 0);
    Atomics.notify(counter, 0);
    const endedAt = Math.max(...(await Promise.all(ended)).map(([time]) => time as number));
    const rows = texts.batches.reduce((sum, batch) => sum + batch.rows, 0);
    return (rows * 1000) / (endedAt - startedAt);
  }

  /** To be called between runs only: ending a thread in the middle of a run aborts the process. */
  async stop(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }
}
