import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Exemplars } from '../../../src/metrics/exemplars.ts';
import { MetricsRegistry } from '../../../src/metrics/registry.ts';
import { fakeSource } from './fake-source.ts';

const openMetrics = 'application/openmetrics-text';
const metric = 'kafka_message_processing_duration_seconds';

test('an exemplar stands behind the bucket that counts it, the newest one, in OpenMetrics only', async () => {
  const source = { ...fakeSource(), exemplars: new Exemplars() };
  const registry = new MetricsRegistry(source);
  source.exemplars.note(metric, 0.02, { traceId: 'old', spanId: 's' });
  source.exemplars.note(metric, 0.021, { traceId: 'new', spanId: 's' });
  source.exemplars.note(metric, 99, { traceId: 'slow', spanId: 's' });
  source.exemplars.note('kafka_stage_duration_seconds', 0.02, { traceId: 'stage', spanId: 's' }, 'infer');
  const { body } = await registry.text(openMetrics);
  const marked = body.split('\n').filter((line) => line.includes(' # '));
  assert.equal(marked.length, 3);
  const of = (trace: string): string => marked.find((line) => line.includes(`trace_id="${trace}"`)) ?? '';
  assert.match(
    of('new'),
    /_bucket\{le="0\.025",.*\} 0 # \{trace_id="new",span_id="s"\} 0\.021 \d{10}\.\d{3}$/,
  );
  assert.match(of('slow'), /_bucket\{le="\+Inf",/);
  assert.match(of('stage'), /^kafka_stage_duration_seconds_bucket\{le="0\.025",.*stage="infer"/);
  const plain = await registry.text(undefined);
  assert.doesNotMatch(plain.body, /trace_id/);
});

test('only the newest are kept', async () => {
  const exemplars = new Exemplars();
  for (let i = 0; i < 1_000; i++) exemplars.note(metric, 0.02, { traceId: `t${i}`, spanId: 's' });
  exemplars.note(metric, 3, { traceId: 'x', spanId: 's' });
  const { body } = await new MetricsRegistry({ ...fakeSource(), exemplars }).text(openMetrics);
  assert.match(body, /trace_id="t999"/);
  assert.equal([...body.matchAll(/trace_id/g)].length, 2);
});
