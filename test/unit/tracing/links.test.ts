import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Links } from '../../../src/tracing/links.ts';

const hex = (i: number, length: number): string => (i + 1).toString(16).padStart(length, '0');
const message = (trace: number, span: number) => ({
  ...{ topic: 'requests', partition: 0, offset: 0, value: null, size: 0 },
  headers: [{ traceparent: Buffer.from(`00-${hex(trace, 32)}-${hex(span, 16)}-01`) }],
});
const own = (i: number) => ({ traceId: hex(1_000 + i, 32), spanId: hex(i, 16), traceFlags: 1 });

test('each context is linked once, and each span of a trace by itself', () => {
  const links = new Links();
  for (const [trace, span] of [
    [0, 0],
    [0, 1],
    [1, 0],
    [0, 0],
    [0, 1],
    [1, 0],
    [0, 2],
  ] as const)
    assert.equal(links.addMessage(message(trace, span)), true);
  const poll = own(0);
  links.addOwn(poll);
  links.addOwn(poll);
  links.addOwn(undefined);
  assert.equal(links.addMessage({ ...message(0, 0), headers: [] }), true);
  assert.deepEqual(
    links.all.map(({ context }) => [context.traceId, context.spanId]),
    [
      [poll.traceId, poll.spanId],
      [hex(0, 32), hex(0, 16)],
      [hex(0, 32), hex(1, 16)],
      [hex(1, 32), hex(0, 16)],
      [hex(0, 32), hex(2, 16)],
    ],
  );
});

test('at most 128 links, of which 32 lead to spans of ours', () => {
  const links = new Links();
  for (let i = 0; i < 200; i++) links.addOwn(own(i));
  assert.equal(links.ownIsFull, true);
  let added = 0;
  while (links.addMessage(message(added, 0))) added++;
  assert.equal(added, 127);
  assert.equal(links.all.length, 128);
  assert.deepEqual(links.all[31]?.context, own(31));
  assert.equal(links.all[32]?.context.traceId, hex(0, 32));
});
