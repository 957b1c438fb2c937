/** What `model import` makes of graphs, with Python: the cases of test/models/imported.ts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noImportPython as skip } from '../../helpers/import-python.ts';
import { rewritten } from '../../models/imported.ts';
import { assertImported, kubesentiment } from './import-rig.ts';

for (const each of rewritten) {
  test(`${each.name}: imported`, { skip }, (t) => {
    const out = assertImported(t, each);
    // The import has checked the others in the same way.
    if (each.args === undefined) return;
    const check = kubesentiment(['model', 'check', out, '--seconds', '1']);
    assert.equal(check.status, 0, check.stderr);
    assert.match(check.stdout, /labels {6}NEGATIVE, POSITIVE/);
  });
}
