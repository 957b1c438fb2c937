import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { nestsDeeper } from '../../../../src/http/api/json-body.ts';

test('depth is measured as a parser would, whatever strings contain', () => {
  assert.ok(!nestsDeeper('[[]]', 2) && nestsDeeper('[[[]]]', 2));
  assert.ok(!nestsDeeper('["[[[[", "\\"[[[", "\\\\"]', 1));
  assert.ok(nestsDeeper('["\\\\", [1]]', 1));
  assert.ok(!nestsDeeper('"[[[', 0) && !nestsDeeper('[] [] []', 1));
  const depthOf = (value: unknown): number =>
    typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0;
  fc.assert(
    fc.property(fc.jsonValue(), fc.nat(5), (value, depthMax) => {
      assert.equal(nestsDeeper(JSON.stringify(value), depthMax), depthOf(value) > depthMax);
    }),
  );
});
