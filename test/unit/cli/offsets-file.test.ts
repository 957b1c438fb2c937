import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readOffsetsFile } from '../../../src/cli/offsets-file.ts';

function read(content: string): Map<string, number> {
  const folder = mkdtempSync(join(tmpdir(), 'kubesentiment-offsets-'));
  try {
    const file = join(folder, 'offsets');
    writeFileSync(file, content);
    return readOffsetsFile(file);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('a copy of the offsets is read in both of its forms', () => {
  const expected = new Map([
    ['a.b/0', 7],
    ['a.b/2', 0],
  ]);
  const offsets = [
    { topic: 'a.b', partition: 0, committed: 7, low: 0, high: 9 },
    { topic: 'a.b', partition: 1, committed: null, low: 0, high: 9 },
    { topic: 'a.b', partition: 2, committed: 0, low: 0, high: 9 },
  ];
  assert.deepEqual(read(JSON.stringify({ group: 'g', offsets }, undefined, 2)), expected);
  assert.deepEqual(read('a.b,0,7\n"a.b",2,0\r\n\n'), expected);
});

test('anything else is refused whole', () => {
  for (const content of [
    '',
    '{}',
    '{"offsets":[]}',
    '{"offsets":[{"topic":"a","partition":0}]}',
    'a,0,1\nb,x,2\n',
  ])
    assert.throws(() => read(content), /has no offsets/, content);
  const negative = '{"offsets":[{"topic":"a","partition":0,"committed":-1}]}';
  assert.throws(() => read(negative), /has no offsets/);
  assert.throws(() => readOffsetsFile('/no/such/file'), /Cannot read .*ENOENT/);
});
