import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogger } from '../../../src/log.ts';
import { Pauses } from '../../../src/pauses.ts';
import { PauseControl } from '../../../src/service/consumer-control.ts';

function controlOf(...topics: string[]): PauseControl {
  const logger = createLogger({ level: 'silent', format: 'json' });
  return new PauseControl({ pauses: new Pauses(), topics, session: () => undefined, logger });
}

test('a topic that matches a pattern can be paused, any other cannot', () => {
  const control = controlOf('reviews', '^tickets-');
  for (const topic of ['reviews', 'tickets-eu']) assert.deepEqual(control.pause({ topic, partition: 0 }), []);
  for (const topic of ['tickets', '^tickets-', 'my-tickets-eu'])
    assert.throws(() => control.pause({ topic }), { code: 'KS_USAGE', message: /does not read the topic/ });
});

test('a partition alone is enough only where one topic is named', () => {
  assert.deepEqual(controlOf('reviews').pause({ partition: 0 }), []);
  assert.throws(() => controlOf('^tickets-').pause({ partition: 0 }), { code: 'KS_USAGE' });
});
