/** JSONTestSuite: alone, as a value inside the request and as `text`. Its files are not part of the repository. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../../helpers/paths.ts';
import { makeDecoder, outcomeOf } from './make-decoder.ts';

const shared = process.env['KUBESENTIMENT_SHARED'] ?? join(root, '../shared');
const folder = join(shared, 'data/json-test-suite/test_parsing');
const skip = existsSync(folder) ? false : `no JSONTestSuite at ${folder} (set KUBESENTIMENT_SHARED)`;

const files = skip ? [] : readdirSync(folder).filter((name) => name.endsWith('.json'));

/** What JSON.parse makes of bytes that must be UTF-8; undefined when it refuses them. */
function parse(bytes: Buffer): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)) };
  } catch {
    return undefined;
  }
}

/** JSON.parse lets lone surrogates pass, which are no text that UTF-8 can hold. */
const hasLoneSurrogate = (value: unknown): boolean => /\\u[dD][89a-fA-F]/.test(JSON.stringify(value));

const wrap = (before: string, bytes: Buffer, after: string): Buffer =>
  Buffer.concat([Buffer.from(before), bytes, Buffer.from(after)]);

test('JSONTestSuite is complete', { skip }, () => assert.ok(files.length >= 318, String(files.length)));

test('JSONTestSuite: accepted and refused as the names of the files say', { skip }, () => {
  const decoder = makeDecoder({ maxDepth: 1024 });
  for (const name of files) {
    const bytes = readFileSync(join(folder, name));
    const inside = outcomeOf(wrap('{"text":"a","metadata":', bytes, '}'), decoder);
    const alone = outcomeOf(bytes, decoder);
    if (name.startsWith('y_')) {
      assert.equal(inside, 'ok', name);
      assert.notEqual(alone, 'invalid_json', name);
    } else if (name.startsWith('n_')) {
      assert.equal(alone, 'invalid_json', name);
      // A file that is wrong only by its end may be right inside another document.
      if (parse(wrap('{"metadata":', bytes, '}')) === undefined) assert.equal(inside, 'invalid_json', name);
    }
  }
});

test('JSONTestSuite: the same verdict as JSON.parse, lone surrogates aside', { skip }, () => {
  const decoder = makeDecoder({ maxDepth: 1024 });
  for (const name of files) {
    const bytes = readFileSync(join(folder, name));
    for (const [before, expected] of [
      ['{"text":"a","metadata":', () => 'ok'],
      [
        '{"text":',
        (value: { text?: unknown }) => (typeof value.text === 'string' ? 'ok' : 'invalid_message'),
      ],
    ] as const) {
      const document = wrap(before, bytes, '}');
      const parsed = parse(document) as { value: { text?: unknown } } | undefined;
      const refused = parsed === undefined || hasLoneSurrogate(parsed.value);
      assert.equal(
        outcomeOf(document, decoder),
        refused ? 'invalid_json' : expected(parsed.value),
        `${before} ${name}`,
      );
    }
  }
});
