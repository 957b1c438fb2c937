/** One ONNX Runtime session on one thread, and a loop around `run`: what the pipeline is compared with. */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { sessionOptions } from '../../src/infer/onnx-backend.ts';
import type { PackedTexts } from './packed-texts.ts';

export interface BareWorkerData {
  readonly onnxPath: string;
  readonly labels: number;
  /** Whether the session has the options of ONNX Runtime instead of ours. */
  readonly stock: boolean;
}

/** Asks for a run over batches that are handed out to all workers by one shared counter. */
export interface BareRunRequest {
  readonly texts: PackedTexts;
  /** Int32Array of one element: the next batch. */
  readonly next: SharedArrayBuffer;
}

/** Several threads a session would be slower, since there is a session for each core. */
const stockOptions: InferenceSession.SessionOptions = { intraOpNumThreads: 1 };
const { onnxPath, labels, stock } = workerData as BareWorkerData;
const port = parentPort as MessagePort;
const session = await InferenceSession.create(onnxPath, stock ? stockOptions : sessionOptions('cpu'));

port.on('message', ({ texts, next }: BareRunRequest) => {
  const feeds = texts.batches.map((batch) => feedsOf(texts, batch));
  void run(feeds, new Int32Array(next));
});
port.postMessage('ready');

/** Answers with the wall-clock milliseconds at which this worker ran dry. */
async function run(feeds: readonly Feeds[], next: Int32Array): Promise<void> {
  port.postMessage('prepared');
  // The run begins for all workers at once, when the last one is prepared.
  Atomics.wait(next, 0, -1);
  for (;;) {
    const feed = feeds[Atomics.add(next, 0, 1)];
    if (feed === undefined) break;
    await session.run(feed.inputs, feed.outputs);
  }
  port.postMessage(performance.timeOrigin + performance.now());
}

interface Feeds {
  readonly inputs: Record<string, Tensor>;
  readonly outputs: Record<string, Tensor>;
}

function feedsOf(texts: PackedTexts, { rows, width, start }: PackedTexts['batches'][number]): Feeds {
  const shape = [rows, width];
  const end = start + rows * width;
  const inputs: Record<string, Tensor> = {};
  for (const name of session.inputNames) {
    const data =
      name === 'input_ids'
        ? texts.ids.subarray(start, end)
        : name === 'attention_mask'
          ? texts.mask.subarray(start, end)
          : new BigInt64Array(rows * width);
    inputs[name] = new Tensor('int64', data, shape);
  }
  const logits = new Tensor('float32', new Float32Array(rows * labels), [rows, labels]);
  return { inputs, outputs: { [session.outputNames[0] as string]: logits } };
}
