import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bytesOf, idsOf, logitsOf, maskOf } from '../../../src/infer/layout.ts';

test('ids, mask and logits lie in one buffer without touching each other, whatever the limits', () => {
  const sizes = fc.record({
    tokensMax: fc.integer({ min: 1, max: 2_000 }),
    rowsMax: fc.integer({ min: 1, max: 300 }),
    labels: fc.integer({ min: 1, max: 9 }),
  });
  fc.assert(
    fc.property(sizes, fc.double({ min: 0, max: 1, noNaN: true }), (layout, share) => {
      const buffer = new ArrayBuffer(bytesOf(layout));
      const tokens = Math.ceil(layout.tokensMax * share);
      const rows = Math.ceil(layout.rowsMax * share);
      const ids = idsOf(buffer, layout, tokens).fill(1n);
      const mask = maskOf(buffer, layout, tokens).fill(2n);
      const logits = logitsOf(buffer, layout, rows).fill(3);
      assert.equal(ids.length, tokens);
      assert.equal(logits.length, rows * layout.labels);
      assert.ok(ids.every((value) => value === 1n));
      assert.ok(mask.every((value) => value === 2n));
      assert.ok(logits.every((value) => value === 3));
    }),
  );
});
