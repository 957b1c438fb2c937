/** A promise that names its test is worth nothing when the test is gone. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../../helpers/paths.ts';

const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

for (const page of ['SECURITY.md', 'docs/deployment.md']) {
  test(`every test and command that ${page} names is there`, () => {
    const text = readFileSync(join(root, page), 'utf8');
    const tests = [...text.matchAll(/`((?:unit|pipeline|integration)\/[\w/-]+)`/g)].map(([, name]) => name);
    assert.ok(tests.length > 10);
    const missing = tests.filter((name) => !existsSync(join(root, `test/${name}.test.ts`)));
    assert.deepEqual(missing, []);
    const commands = [...text.matchAll(/`(?:npm run )?(check:\w+|sbom)`/g)].map(([, name]) => name as string);
    assert.deepEqual(
      commands.filter((name) => scripts[name] === undefined),
      [],
    );
  });
}
