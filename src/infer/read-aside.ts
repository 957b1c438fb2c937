import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { type ErrorCode, KubesentimentError } from '../errors.ts';
import type { ModelInfo } from '../types.ts';
import type { ModelSettings } from './model-settings.ts';

export interface ModelToRead {
  readonly directory: string;
  readonly settings: ModelSettings;
}

export type ReadModel =
  | { readonly info: ModelInfo }
  | {
      readonly refused: {
        readonly code: ErrorCode;
        readonly message: string;
        readonly remedy: string | undefined;
      };
    };

/** As `readModel`, in a thread of its own: reading and hashing weights can take seconds. */
export async function readModelAside(directory: string, settings: ModelSettings): Promise<ModelInfo> {
  const worker = new Worker(new URL('./model-reader.js', import.meta.url), {
    workerData: { directory, settings } satisfies ModelToRead,
  });
  const ended = once(worker, 'exit');
  ended.catch(() => undefined); // an error, which the wait for the answer reports
  const [answer] = (await once(worker, 'message')) as [ReadModel];
  await ended;
  if ('info' in answer) return answer.info;
  const { code, message, remedy } = answer.refused;
  throw new KubesentimentError(code, message, remedy === undefined ? {} : { remedy });
}
