import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { test } from 'node:test';
import { configKeys, type KeyEntry } from '../../../src/config/schema.ts';
import { root } from '../../helpers/paths.ts';

/** Defining, checking and describing a key is not reading it; turning it into a property of librdkafka is. */
const readers = /^(?!config\/)|^config\/(librdkafka|passthrough)\.ts$/;

function sources(): string {
  const src = join(root, 'src');
  return readdirSync(src, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => readers.test(relative(src, path)))
    .map((path) => readFileSync(path, 'utf8'))
    .join('\n');
}

/** A key of one everyday word must be read from its section, `http.port`; others are unmistakable. */
function isRead({ section, key }: KeyEntry, source: string): boolean {
  const expression = key.includes('_') ? `\\.${key}\\b` : `\\b${section}\\.${key}\\b`;
  return new RegExp(expression).test(source);
}

function withoutComments(source: string): string {
  return source.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
}

test('every key of the configuration is read somewhere', () => {
  const source = withoutComments(sources());
  const unread = [...configKeys.values()].filter((entry) => !isRead(entry, source)).map(({ name }) => name);
  assert.deepEqual(unread, []);
});

test('the search can fail', () => {
  const entry = configKeys.get('kafka.batch_size') as KeyEntry;
  const port = configKeys.get('http.port') as KeyEntry;
  assert.ok(isRead(entry, 'const rows = kafka.batch_size;'));
  const comments = '// kafka.batch_size\n/** config.batch_size */ kafka.batch_size_max';
  assert.ok(!isRead(entry, withoutComments(comments)));
  assert.ok(isRead(port, 'listen(config.http.port)'));
  assert.ok(!isRead(port, 'listen(options.port)'));
});
