import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { IdWindow } from '../../../src/consume/id-window.ts';

test('the second record with an id is a duplicate, the first one read again is not', () => {
  const window = new IdWindow({ capacity: 10, ttlS: 60 });
  assert.equal(window.isDuplicate(1, 2, 't', 0, 100, 0), false);
  assert.equal(window.isDuplicate(1, 2, 't', 0, 101, 1), true);
  assert.equal(window.isDuplicate(1, 2, 't', 1, 100, 1), true);
  assert.equal(window.isDuplicate(1, 2, 't', 0, 100, 1), false);
  assert.equal(window.isDuplicate(1, 3, 't', 0, 102, 1), false);
});

test('an id is forgotten after its time to live, and when the window is full', () => {
  const window = new IdWindow({ capacity: 2, ttlS: 10 });
  window.isDuplicate(1, 1, 't', 0, 0, 0);
  assert.equal(window.isDuplicate(1, 1, 't', 0, 1, 9), true);
  assert.equal(window.isDuplicate(1, 1, 't', 0, 2, 10), false);
  window.isDuplicate(2, 2, 't', 0, 3, 10);
  window.isDuplicate(3, 3, 't', 0, 4, 10);
  assert.equal(window.size, 2);
  assert.equal(window.isDuplicate(1, 1, 't', 0, 5, 10), false);
});

test('a million ids take less than 64 MiB', () => {
  assert.ok(new IdWindow({ capacity: 1_000_000, ttlS: 3_600 }).bytes <= 64 * 2 ** 20);
});

/** Against a map that forgets in the same order. Few hash values, so that runs of probes are long. */
test('it answers as a plain map does', () => {
  const call = fc.record({ low: fc.nat(20), high: fc.nat(3), offset: fc.nat(5), step: fc.nat(3) });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 12 }), fc.array(call, { maxLength: 200 }), (capacity, calls) => {
      const window = new IdWindow({ capacity, ttlS: 20 });
      const seen = new Map<string, { offset: number; atS: number }>();
      let nowS = 0;
      for (const { low, high, offset, step } of calls) {
        nowS += step;
        for (const [id, entry] of seen) if (entry.atS + 20 <= nowS) seen.delete(id);
        const id = `${low}/${high}`;
        const known = seen.get(id);
        const wanted = known !== undefined && known.offset !== offset;
        if (known === undefined) {
          const oldest = seen.keys().next().value;
          if (seen.size === capacity && oldest !== undefined) seen.delete(oldest);
          seen.set(id, { offset, atS: nowS });
        }
        assert.equal(window.isDuplicate(low, high, 't', 0, offset, nowS), wanted);
        assert.equal(window.size, seen.size);
      }
    }),
    { numRuns: 500 },
  );
});
