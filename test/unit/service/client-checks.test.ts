/** What a program that forgot about libuv's threads is told. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig } from '../../../src/config/load.ts';
import type { LogFields } from '../../../src/log.ts';
import { checkClients } from '../../../src/service/client-checks.ts';

const NAME = 'UV_THREADPOOL_SIZE';

/** The warnings of a start with one consumer, by event. */
function warningsWith(size: string | undefined): Map<string, LogFields | undefined> {
  const before = process.env[NAME];
  const warnings = new Map<string, LogFields | undefined>();
  const ignore = (): void => undefined;
  try {
    if (size === undefined) delete process.env[NAME];
    else process.env[NAME] = size;
    const { config } = loadConfig({ overrides: { 'kafka.consumer_threads': 1 } });
    checkClients(config, {
      debug: ignore,
      info: ignore,
      warn: (event, fields) => warnings.set(event, fields),
      error: ignore,
    });
  } finally {
    if (before === undefined) delete process.env[NAME];
    else process.env[NAME] = before;
  }
  return warnings;
}

test('a thread pool that is too small is said, with how to make it larger', () => {
  for (const size of [undefined, '4']) {
    const { threads, wanted, remedy } = warningsWith(size).get('thread_pool_small') ?? {};
    assert.deepEqual([threads, wanted], [4, 5]);
    assert.match(String(remedy), /UV_THREADPOOL_SIZE=5 or more; .*library\.md#threads/);
  }
});

test('one that is large enough is not', () => {
  for (const size of ['5', '16']) assert.deepEqual([...warningsWith(size)], []);
});
