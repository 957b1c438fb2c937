/** Runs inside a Piscina worker: one loaded model for as long as the worker lives. */
import { workerData } from 'node:worker_threads';
import { move } from 'piscina';
import type { BackendDescription, BackendModule, LoadBackend, ModelBackend, ModelToLoad } from './backend.ts';
import { idsOf, logitsOf, maskOf } from './layout.ts';
import { giveWay } from './thread-priority.ts';

export interface WorkerOptions {
  readonly backend: BackendModule;
  readonly model: ModelToLoad;
  /** Shared: for each place, when a thread started on its batch, in ns of the monotonic clock. */
  readonly begunAt: BigInt64Array;
  /** Shared: how many threads have loaded the model, or found out that they cannot. */
  readonly settled: Int32Array;
  /** Of `GivingWay`. */
  readonly givingWay: Int32Array;
}

export interface InferenceTask {
  readonly buffer: ArrayBuffer;
  readonly rows: number;
  readonly width: number;
  readonly place: number;
}

// Piscina wraps our data as [its own, ours].
const options = (Array.isArray(workerData) ? workerData[1] : workerData) as WorkerOptions;
const { layout } = options.model;
giveWay(options.givingWay);
const loading = load(options);
loading
  .catch(() => undefined) // the first task reports it; it must not be an unhandled rejection
  .finally(() => Atomics.add(options.settled, 0, 1));

/** Resolves when the model is loaded; rejects with the reason why it cannot be. */
export async function describe(): Promise<BackendDescription> {
  const { provider, unavailable, optimizersOff = [], wantsTrial } = await loading;
  return { provider, unavailable, optimizersOff, ...(wantsTrial === undefined ? {} : { wantsTrial }) };
}

let turn: Promise<unknown> = Promise.resolve();

/**
 * One batch: reads the inputs from the moved buffer, writes the logits into it and moves it back. The next batch may be
 * here already, and waits: ONNX Runtime for Node.js starts a turn of the event loop after it is called, and converted
 * inputs are in buffers that the next batch overwrites.
 */
export function infer(task: InferenceTask): Promise<ArrayBuffer> {
  const done = turn.then(() => run(task));
  turn = done.catch(() => undefined);
  return done;
}

async function run({ buffer, rows, width, place }: InferenceTask): Promise<ArrayBuffer> {
  const backend = await loading;
  Atomics.store(options.begunAt, place, process.hrtime.bigint());
  const tokens = rows * width;
  await backend.run({
    rows,
    width,
    ids: idsOf(buffer, layout, tokens),
    mask: maskOf(buffer, layout, tokens),
    logits: logitsOf(buffer, layout, rows),
  });
  return move(buffer) as unknown as ArrayBuffer;
}

async function load({ backend, model }: WorkerOptions): Promise<ModelBackend> {
  const module = (await import(backend.url)) as { readonly load?: LoadBackend<unknown> };
  if (typeof module.load !== 'function') throw new Error(`${backend.url} exports no function "load".`);
  return module.load(model, backend.options);
}
