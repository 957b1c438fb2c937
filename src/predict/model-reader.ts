/** Runs inside a worker thread of its own, which ends when the directory has been read. */
import { parentPort, workerData } from 'node:worker_threads';
import { readTokenizer } from '../decode/loaded-tokenizer.ts';
import { KubesentimentError } from '../errors.ts';
import { readModel } from '../infer/model.ts';
import { canRaise, endGivingWay, giveWay, threadNumber } from '../infer/thread-priority.ts';
import type { ModelToRead, ReadModel } from './read-aside.ts';

const { givingWay, ...wanted } = workerData as ModelToRead;
const canBeRaised = canRaise(threadNumber());
if (canBeRaised) giveWay(givingWay);
const answer = read(wanted);
// Whoever waits for its end must not wait for a processor that has nothing else to do.
endGivingWay(givingWay);
parentPort?.postMessage(answer, 'tokenizer' in answer ? [answer.tokenizer.bytes.buffer as ArrayBuffer] : []);

function read({ directory, settings }: Omit<ModelToRead, 'givingWay'>): ReadModel {
  try {
    const info = readModel(directory, settings);
    return { info, tokenizer: readTokenizer(info.tokenizerPath), canRaise: canBeRaised };
  } catch (error) {
    if (!(error instanceof KubesentimentError)) throw error;
    const { code, message, remedy } = error;
    return { refused: { code, message, remedy } };
  }
}
