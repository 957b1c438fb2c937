/** Runs inside a worker thread of its own, which ends when the directory has been read. */
import { parentPort, workerData } from 'node:worker_threads';
import { readTokenizer } from '../decode/loaded-tokenizer.ts';
import { KubesentimentError } from '../errors.ts';
import { readModel } from '../infer/model.ts';
import { canRaise, lower, raise, threadNumber } from '../infer/thread-priority.ts';
import type { ModelToRead, ReadModel } from './read-aside.ts';

const thread = threadNumber();
const canBeRaised = canRaise(thread);
const priority = canBeRaised ? lower(thread) : 0;
const answer = read(workerData as ModelToRead);
// Whoever waits for its end must not wait for a processor that has nothing else to do.
if (canBeRaised) raise(thread, priority);
parentPort?.postMessage(answer, 'tokenizer' in answer ? [answer.tokenizer.bytes.buffer as ArrayBuffer] : []);

function read({ directory, settings }: ModelToRead): ReadModel {
  try {
    const info = readModel(directory, settings);
    return { info, tokenizer: readTokenizer(info.tokenizerPath), canRaise: canBeRaised };
  } catch (error) {
    if (!(error instanceof KubesentimentError)) throw error;
    const { code, message, remedy } = error;
    return { refused: { code, message, remedy } };
  }
}
