import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { errorTypes } from '../../../src/types.ts';
import { root } from '../../helpers/paths.ts';

test('the filter of the page offers every reason of a dead letter, and no other', () => {
  const script = readFileSync(join(root, 'src/http/page/letters-filter.js'), 'utf8');
  const list = /const REASONS = \[([^\]]+)\]/.exec(script)?.[1] ?? '';
  assert.deepEqual(
    [...list.matchAll(/'(\w+)'/g)].map(([, name]) => name),
    [...errorTypes],
  );
});
