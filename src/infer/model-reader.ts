/** Runs inside a worker thread of its own, which ends when the directory has been read. */
import { parentPort, workerData } from 'node:worker_threads';
import { KubesentimentError } from '../errors.ts';
import { readModel } from './model.ts';
import type { ModelToRead, ReadModel } from './read-aside.ts';

function read({ directory, settings }: ModelToRead): ReadModel {
  try {
    return { info: readModel(directory, settings) };
  } catch (error) {
    if (!(error instanceof KubesentimentError)) throw error;
    const { code, message, remedy } = error;
    return { refused: { code, message, remedy } };
  }
}

parentPort?.postMessage(read(workerData as ModelToRead));
