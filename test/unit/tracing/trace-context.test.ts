import assert from 'node:assert/strict';
import { test } from 'node:test';
import { traceContextOf } from '../../../src/tracing/trace-context.ts';

const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
const span = '00f067aa0ba902b7';

test('a traceparent as W3C writes it, as Buffer or text', () => {
  for (const value of [`00-${trace}-${span}-01`, Buffer.from(`00-${trace}-${span}-01`)]) {
    const context = traceContextOf([{ other: 'x' }, { traceparent: value }, { tracestate: 'a=1' }]);
    assert.equal(context?.traceId, trace);
    assert.equal(context?.spanId, span);
    assert.equal(context?.traceFlags, 1);
    assert.equal(context?.traceState?.get('a'), '1');
  }
  assert.equal(traceContextOf([{ traceparent: `00-${trace}-${span}-02` }])?.traceFlags, 0);
  assert.equal(
    traceContextOf([{ traceparent: `cc-${trace}-${span}-01-more` }])?.spanId,
    span,
    'a later version',
  );
});

test('whatever is no trace context is passed over', () => {
  const bad = [
    '',
    'x',
    `00-${trace}-${span}`,
    `00-${trace}-${span}-01-more`,
    `ff-${trace}-${span}-01`,
    `00-${'0'.repeat(32)}-${span}-01`,
    `00-${trace}-${'0'.repeat(16)}-01`,
    `00-${trace.toUpperCase()}-${span}-01`,
    `00-${trace}-${span}-01${' '.repeat(10_000)}`,
  ];
  for (const value of bad)
    assert.equal(traceContextOf([{ traceparent: value }]), undefined, value.slice(0, 80));
  for (const headers of [undefined, [], [{ traceparent: null }], [{ tracestate: 'a=1' }]]) {
    assert.equal(traceContextOf(headers), undefined);
  }
});
