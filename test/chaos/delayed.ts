/** Messages that fail and wait in retry topics, as part of a run. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { retryTopicName } from '../../src/retry-topics.ts';
import { makeFaultyModel } from '../helpers/faulty-model.ts';
import { allTopics } from './check.ts';

export const RETRY_PARTITIONS = 3;
/** Of the texts, those on which the model fails. */
export const BROKEN_SHARE = 0.02;

export function retryTopicsOf(delays: readonly string[] = []): string[] {
  return delays.map((delay) => retryTopicName(allTopics.requests, delay));
}

/** The model is made in the folder. */
export function retrySettings(delays: readonly string[], folder: string) {
  const model = join(folder, 'faulty-model');
  mkdirSync(model);
  return {
    'kafka.retry_topics': delays.join(','),
    'kafka.max_retries': 0,
    'model.path': makeFaultyModel(model),
  };
}
