/**
 * Runs inside a Piscina worker: one ONNX Runtime session for the worker's whole life. `session.run`
 * blocks this thread, which is why it has one of its own.
 */
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { workerData } from 'node:worker_threads';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { move } from 'piscina';
import { idsOf, type Layout, logitsOf, maskOf } from './layout.ts';

export interface WorkerOptions {
  /** Path of the ONNX file; null: no model, every logit is 0 (to measure everything else). */
  readonly onnxPath: string | null;
  /** Without a model: how long a row takes, asleep. For measuring what more threads and processes bring. */
  readonly sleepUsPerRow: number;
  readonly executionProviders: readonly string[];
  readonly layout: Layout;
  /** Shared: when a thread began with the batch of a place, in ms since 1970. */
  readonly begunAt: BigInt64Array;
}

export interface InferenceTask {
  readonly buffer: ArrayBuffer;
  readonly rows: number;
  readonly width: number;
  readonly place: number;
}

export interface WorkerDescription {
  /** Execution provider the session was made with. */
  readonly provider: string;
  /** Providers that were asked for first and could not be had. */
  readonly unavailable: readonly string[];
}

const INPUTS: ReadonlySet<string> = new Set(['input_ids', 'attention_mask', 'token_type_ids']);

interface Loaded extends WorkerDescription {
  readonly session: InferenceSession | undefined;
}

// Piscina passes its own data around ours as [piscina's, ours].
const options = (Array.isArray(workerData) ? workerData[1] : workerData) as WorkerOptions;
const { layout } = options;
const loading = load();
loading.catch(() => undefined); // reported by the first task, not as an unhandled rejection
const noTypes = new BigInt64Array(layout.tokensMax);

/** Resolves when the session is ready; rejects with the reason why it cannot be. */
export async function describe(): Promise<WorkerDescription> {
  const { provider, unavailable } = await loading;
  return { provider, unavailable };
}

/** One batch: reads ids and mask from the moved buffer, writes the logits into it, moves it back. */
export async function infer({ buffer, rows, width, place }: InferenceTask): Promise<ArrayBuffer> {
  const { session } = await loading;
  Atomics.store(options.begunAt, place, BigInt(Date.now()));
  const logits = logitsOf(buffer, layout, rows);
  if (session === undefined) pretend(rows, logits);
  else await runSession(session, buffer, rows, width, logits);
  return move(buffer) as unknown as ArrayBuffer;
}

const alarm = new Int32Array(new SharedArrayBuffer(4));

function pretend(rows: number, logits: Float32Array): void {
  if (options.sleepUsPerRow > 0) Atomics.wait(alarm, 0, 0, (rows * options.sleepUsPerRow) / 1_000);
  logits.fill(0);
}

async function runSession(
  session: InferenceSession,
  buffer: ArrayBuffer,
  rows: number,
  width: number,
  logits: Float32Array,
): Promise<void> {
  const tokens = rows * width;
  const shape = [rows, width];
  const feeds: Record<string, Tensor> = {};
  for (const name of session.inputNames) {
    if (name === 'input_ids') feeds[name] = new Tensor('int64', idsOf(buffer, layout, tokens), shape);
    else if (name === 'attention_mask')
      feeds[name] = new Tensor('int64', maskOf(buffer, layout, tokens), shape);
    else feeds[name] = new Tensor('int64', noTypes.subarray(0, tokens), shape);
  }
  // The result lands in our buffer; the tensor that run() returns is a copy of it.
  const output = session.outputNames[0] as string;
  await session.run(feeds, { [output]: new Tensor('float32', logits, [rows, layout.labels]) });
}

async function load(): Promise<Loaded> {
  if (options.onnxPath === null) return { session: undefined, provider: 'none', unavailable: [] };
  const unavailable: string[] = [];
  for (const provider of options.executionProviders) {
    try {
      if (!isInstalled(provider)) throw new Error(`onnxruntime-node has no library for ${provider} here.`);
      const session = await InferenceSession.create(options.onnxPath, {
        executionProviders: [provider],
        intraOpNumThreads: 1,
        interOpNumThreads: 1,
        executionMode: 'sequential',
        graphOptimizationLevel: 'all',
        logSeverityLevel: 4,
        // Batches have many shapes; remembered memory patterns would only grow.
        enableMemPattern: false,
      });
      checkInputs(session);
      return { session, provider, unavailable };
    } catch (error) {
      if (provider === options.executionProviders.at(-1)) throw error;
      unavailable.push(provider);
    }
  }
  throw new Error('No execution provider is configured.');
}

/** Asked for a library that is not there, ONNX Runtime writes an error of its own to standard error. */
function isInstalled(provider: string): boolean {
  if (provider !== 'cuda') return true;
  const folder = dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json'));
  const files = readdirSync(join(folder, 'bin'), { recursive: true });
  return files.some((file) => /onnxruntime_providers_cuda\.(so|dll)$/.test(String(file)));
}

function checkInputs(session: InferenceSession): void {
  const foreign = session.inputNames.filter((name) => !INPUTS.has(name));
  if (foreign.length > 0) throw new Error(`The model wants inputs we do not have: ${foreign.join(', ')}.`);
}
