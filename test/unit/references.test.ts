/** What the project says of itself exists: paths in comments and documents, and users of what is exported. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../helpers/paths.ts';
import { importsOf, projectFiles, type SourceFile } from '../helpers/source-tree.ts';

const files = projectFiles();
const folders =
  '(?:src|test|native|scripts|docs|bin|benchmarking|monitoring|deploy|docker|configs|training|models)';

/** Comments of a program; all of a document. */
function proseOf({ path, lines }: SourceFile): string[] {
  if (path.endsWith('.md')) return [...lines];
  return lines.map((line) => /(?:^\s*\*|\/\/|\/\*\*?|^\s*#)(.*)$/.exec(line)?.[1] ?? '');
}

/** `DATE-table.json`, `src/a/b.ts`: stand for something. */
const isPattern = (path: string): boolean => /[A-Z]{4}|\/a\/b\./.test(path.replace(/README|CHANGELOG/g, ''));

test('every path that a comment or a document names is there', () => {
  // Written of other projects, or of what was.
  const others =
    /^(CHANGELOG\.md|docs\/(migration|cli)\.md|benchmarking\/results\/|test\/unit\/source-tree\.test\.ts)/;
  const named = new RegExp(`(?<![\\w./:-])((?:\\.\\.?/)*${folders}/[\\w./-]*\\w)`, 'g');
  const exists = (path: string): boolean =>
    existsSync(join(root, path)) ||
    files.some((file) => file.path.startsWith(`${path}/`) || file.path.startsWith(`${path}.`));
  const missing: string[] = [];
  for (const file of files.filter(
    ({ path }) => /\.(md|ts|mjs|cjs|cc|h|py)$/.test(path) && !others.test(path),
  )) {
    proseOf(file).forEach((line, index) => {
      for (const [, found = ''] of line.matchAll(named)) {
        const path = found.replace(/^(?:\.\.?\/)+/, '');
        const beside = `${file.path.replace(/[^/]*$/, '')}${path}`;
        if (isPattern(path) || exists(path) || exists(beside)) continue;
        missing.push(`${file.path}:${index + 1}: ${found}`);
      }
    });
  }
  assert.deepEqual(missing, []);
});

test('every value that a file of src exports is imported by another', () => {
  const programs = files.filter(({ path }) => /\.(ts|mjs|cjs)$/.test(path));
  const unused: string[] = [];
  for (const file of programs.filter(({ path }) => path.startsWith('src/') && path !== 'src/index.ts')) {
    const compiled = `dist/${file.path.replace(/\.ts$/, '.js')}`;
    const users = programs.filter(
      (user) => importsOf(user).some(({ path }) => path === file.path) || user.text.includes(compiled),
    );
    // Workers load a backend by the name of its file.
    if (/^src\/infer\/\w+-backend\.ts$/.test(file.path)) continue;
    for (const [, name] of file.text.matchAll(/^export (?:async )?(?:const|function\*?|class) (\w+)/gm)) {
      const isNamed = ({ text }: SourceFile): boolean => new RegExp(`\\b${name}\\b`).test(text);
      if (!users.some(isNamed)) unused.push(`${file.path}: ${name}`);
    }
  }
  assert.deepEqual(unused, []);
});
