import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCorpus } from '../../../src/corpus/corpus.ts';
import { Random } from '../../../src/corpus/random.ts';
import { createRequest } from '../../../src/corpus/request.ts';

test('a request has all fields of the interface and about 200 bytes', () => {
  const corpus = createCorpus({ seed: 1, style: 'sst2' });
  const random = new Random(1);
  const priorities = new Map<string, number>();
  let bytes = 0;
  for (let i = 0; i < 2_000; i++) {
    const text = corpus.next();
    const json = createRequest(i, text, random, 1_764_000_000_000 + i);
    const request = JSON.parse(json) as Record<string, unknown>;
    assert.deepEqual(Object.keys(request), ['id', 'text', 'timestamp', 'source', 'priority', 'metadata']);
    assert.equal(request['text'], text);
    assert.equal(request['timestamp'], 1_764_000_000_000 + i);
    const priority = request['priority'] as string;
    priorities.set(priority, (priorities.get(priority) ?? 0) + 1);
    bytes += Buffer.byteLength(json);
  }
  assert.ok(bytes / 2_000 > 190 && bytes / 2_000 < 240, `${bytes / 2_000} bytes`);
  assert.deepEqual([...priorities.keys()].sort(), ['high', 'low', 'medium']);
  assert.ok((priorities.get('medium') ?? 0) > 1_400);
});

test('ids are unique and sort in the order of sending', () => {
  const ids = Array.from(
    { length: 1_000 },
    (_, i) => JSON.parse(createRequest(i, '', new Random(i))).id as string,
  );
  assert.deepEqual([...new Set(ids)].sort(), ids);
});
