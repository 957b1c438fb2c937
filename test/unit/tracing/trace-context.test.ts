import assert from 'node:assert/strict';
import { test } from 'node:test';
import { traceContextOf } from '../../../src/tracing/trace-context.ts';

const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
const span = '00f067aa0ba902b7';

test('a traceparent as W3C writes it, as Buffer or text', () => {
  for (const value of [`00-${trace}-${span}-01`, Buffer.from(`00-${trace}-${span}-01`)]) {
    const context = traceContextOf([{ other: 'x' }, { traceparent: value }, { tracestate: 'SECRET=1' }]);
    assert.equal(context?.traceId, trace);
    assert.equal(context?.spanId, span);
    assert.equal(context?.traceFlags, 1);
    assert.doesNotMatch(JSON.stringify(context), /SECRET/, 'what others keep there is not ours to send on');
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
    `cc-${trace}-${span}-01more`,
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

test('the last of several counts, and a record of nothing but headers is not searched for one', () => {
  const first = { traceparent: `00-${'1'.repeat(32)}-${span}-01` };
  const last = { traceparent: `00-${trace}-${span}-01` };
  assert.equal(traceContextOf([first, last])?.traceId, trace);
  assert.equal(traceContextOf([first, { traceparent: 'broken' }]), undefined);
  let looked = 0;
  const many = Array.from({ length: 100_000 }, () => ({
    get traceparent() {
      looked++;
      return null;
    },
  }));
  assert.equal(traceContextOf([last, ...many]), undefined);
  assert.ok(looked <= 100, `${looked}`);
});

test('values that are hostile', () => {
  const bad = [
    Buffer.from([0xff, 0xfe, 0x00]),
    Buffer.alloc(1_000_000, '0'),
    `00-${trace}-${span}-01\n`,
    `00-${trace}-${span}-01\u0000`,
    `00-${trace}-${span}-0１`,
    `-${'-'.repeat(500)}`,
    `01-${trace}-${span}-0g-x`,
    `00-${trace.slice(1)}é-${span}-01`,
  ];
  for (const value of bad)
    assert.equal(traceContextOf([{ traceparent: value }]), undefined, String(value).slice(0, 80));
  const odd = [{ __proto__: null, traceparent: `00-${trace}-${span}-ff` }];
  assert.equal(traceContextOf(odd as never)?.traceFlags, 1, 'only the flag that is known');
});
