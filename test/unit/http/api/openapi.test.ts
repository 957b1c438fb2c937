import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openApiDocument } from '../../../../src/http/server.ts';
import { packageVersion } from '../../../../src/service/versions.ts';
import { root } from '../../../helpers/paths.ts';
import { fakeView, startServer } from '../fixture.ts';

// biome-ignore lint/suspicious/noExplicitAny: the shape of the document is not ours.
type Any = any;

test('docs/openapi.json is up to date (npm run docs)', async () => {
  const committed = readFileSync(join(root, 'docs/openapi.json'), 'utf8');
  assert.equal(committed, `${JSON.stringify(await openApiDocument(packageVersion()), undefined, 2)}\n`);
});

test('every operation has a unique id, a summary and a response', async () => {
  const { paths } = (await openApiDocument('1')) as Any;
  const operations = Object.values<Any>(paths).flatMap((methods) => Object.values<Any>(methods));
  assert.ok(operations.length >= 14);
  assert.equal(new Set(operations.map(({ operationId }) => operationId)).size, operations.length);
  for (const { summary, responses } of operations) {
    assert.ok(summary.length > 5);
    assert.ok('200' in responses && 'default' in responses);
  }
});

test('the JSON responses have the documented properties', async (t) => {
  const { call } = await startServer(t, fakeView());
  const { paths } = (await call('/api/v1/openapi.json')).json;
  for (const path of [
    '/livez',
    '/readyz',
    '/health',
    '/health/details',
    '/api/v1/kafka-metrics',
    '/api/v1/monitoring/why',
    '/api/v1/monitoring/history',
  ]) {
    const { schema } = paths[path].get.responses['200'].content['application/json'];
    const { json } = await call(path);
    assert.deepEqual(
      schema.required.filter((name: string) => !(name in json)),
      [],
      path,
    );
  }
});
