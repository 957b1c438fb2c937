/** The key that says how many processes there should be, for config-live.test.ts. */
import assert from 'node:assert/strict';
import { sleepingBackend } from '../../benchmarking/lib/sleeping-backend.ts';
import { configured } from './config-rig.ts';
import { createBroker, sendRequests, until } from './rig.ts';

const WAIT_MS = 100_000;

export const loadCases = {
  'kafka.target_freshness_s': async (t: Parameters<typeof configured>[0]) => {
    const broker = createBroker(4);
    const before = { 'kafka.target_freshness_s': 1 };
    const { consumer, write } = configured(t, broker, before, { backend: sleepingBackend(4_000) });
    await consumer.start();
    const desired = (): number => consumer.service.monitor.gauges().desiredReplicas;
    sendRequests(broker, 20_000);
    await until('one process for each partition would be too few', () => desired() === 4, WAIT_MS);
    write({ 'kafka.target_freshness_s': 86_400 });
    const { changed } = await consumer.service.configReload.reload();
    assert.deepEqual(
      changed.map(({ key }) => key),
      ['kafka.target_freshness_s'],
    );
    await until('a day is enough for one', () => desired() < 1, WAIT_MS);
  },
};
