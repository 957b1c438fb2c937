import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { TokenizerFile } from '../decode/loaded-tokenizer.ts';
import { type ErrorCode, KubesentimentError } from '../errors.ts';
import type { ModelSettings } from '../infer/model-settings.ts';
import { GIVES_WAY_MS_MAX, GivingWay } from '../infer/thread-priority.ts';
import type { ModelInfo } from '../types.ts';

export interface ModelToRead {
  readonly directory: string;
  readonly settings: ModelSettings;
  /** For `giveWay`. */
  readonly givingWay: Int32Array;
}

/** A model directory as another thread has read it. */
export interface ReadAside {
  readonly info: ModelInfo;
  readonly tokenizer: TokenizerFile;
  /** Threads of this process whose priority was lowered can get it back. */
  readonly canRaise: boolean;
}

export type ReadModel =
  | ReadAside
  | {
      readonly refused: {
        readonly code: ErrorCode;
        readonly message: string;
        readonly remedy: string | undefined;
      };
    };

/**
 * As `readModel`, in a thread of its own: reading and hashing weights can take seconds. It gives way to the others, if
 * it may, but not for ever.
 */
export async function readModelAside(directory: string, settings: ModelSettings): Promise<ReadAside> {
  const givingWay = new GivingWay(1, true);
  const worker = new Worker(new URL('./model-reader.js', import.meta.url), {
    workerData: { directory, settings, givingWay: givingWay.shared } satisfies ModelToRead,
  });
  const ended = once(worker, 'exit');
  ended.catch(() => undefined); // an error, which the wait for the answer reports
  const hurry = setTimeout(() => givingWay.end(), GIVES_WAY_MS_MAX);
  const answering = once(worker, 'message').finally(() => clearTimeout(hurry));
  const [answer] = (await answering) as [ReadModel];
  await ended;
  if ('info' in answer) return answer;
  const { code, message, remedy } = answer.refused;
  throw new KubesentimentError(code, message, remedy === undefined ? {} : { remedy });
}
