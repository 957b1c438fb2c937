/** The walker behind the tests of style: what it takes for an import decides whether those can fail. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { importCycles, importsOf, projectFiles } from '../helpers/source-tree.ts';

const found = (text: string): [string, 'type' | 'value'][] =>
  importsOf({ path: 'src/a/b.ts', text }).map(({ specifier, typeOnly }) => [
    specifier,
    typeOnly ? 'type' : 'value',
  ]);

test('every form of a value import is one', () => {
  const forms = [
    "import './x.ts';",
    "import x from './x.ts';",
    "import * as x from './x.ts';",
    "import x, { type Y } from './x.ts';",
    "import { x } from './x.ts';",
    "import { type A, x } from './x.ts';",
    "import {\n  type A,\n  x,\n} from './x.ts';",
    "import {\n  // a reason that isn't short\n  x,\n  /* another's */ y,\n} from './x.ts';",
    "import { typeOf } from './x.ts';",
    "export { x } from './x.ts';",
    "export * from './x.ts';",
    "export * as x from './x.ts';",
    "const x = await import('./x.ts');",
    "const x = await import(\n  './x.ts'\n);",
    "import('./x.ts').then(({ x }) => x);",
    "const x = require('./x.ts');",
    'import x from "./x.ts";',
  ];
  for (const form of forms) assert.deepEqual(found(form), [['./x.ts', 'value']], form);
});

test('what is gone after compilation imports types only', () => {
  const forms = [
    "import type { A } from './x.ts';",
    "import type A from './x.ts';",
    "import type * as A from './x.ts';",
    "import type {\n  A,\n  B,\n} from './x.ts';",
    "import { type A } from './x.ts';",
    "import { type A, type B } from './x.ts';",
    "import {\n  type A,\n  type B as C,\n} from './x.ts';",
    "export type { A } from './x.ts';",
    "export type * from './x.ts';",
    "export { type A, type B } from './x.ts';",
    "let x: import('./x.ts').A;",
    "let x: typeof import('./x.ts');",
  ];
  for (const form of forms) assert.deepEqual(found(form), [['./x.ts', 'type']], form);
});

test('comments, strings and declarations import nothing', () => {
  const forms = [
    "// import x from './x.ts';",
    "/*\nimport x from './x.ts';\n*/",
    "/**\n * import x from './x.ts';\n */",
    "export const x = 'y';",
    "export type X = 'y' | 'z';",
    "export { x };\nconst y = 'z';",
    'const text = `\n  import x from "./x.ts";`;',
  ];
  for (const form of forms) assert.deepEqual(found(form), [], form);
});

test('statements that follow each other are told apart', () => {
  const text = [
    "import { a } from 'a';",
    "import type { B } from './b.ts';",
    "const pattern = '**/*.ts'; // not the beginning of a comment",
    "export { c } from '../c.ts';",
  ].join('\n');
  assert.deepEqual(importsOf({ path: 'src/a/x.ts', text }), [
    { specifier: 'a', path: undefined, typeOnly: false },
    { specifier: './b.ts', path: 'src/a/b.ts', typeOnly: true },
    { specifier: '../c.ts', path: 'src/c.ts', typeOnly: false },
  ]);
});

test('no import of the project escapes the walker', () => {
  const programs = projectFiles().filter(({ path }) => /^(src|test|benchmarking)\/.*\.ts$/.test(path));
  for (const file of programs) {
    if (file.path === 'test/unit/source-tree.test.ts') continue;
    // However long the list of names: each statement ends with one such line.
    const ends = file.lines.filter((line) => /^(?:import|export|\}).*\bfrom '[^']+';$|^import '/.test(line));
    const calls = file.text.match(/\b(?:import|require)\(\s*'/g) ?? [];
    assert.equal(importsOf(file).length, ends.length + calls.length, file.path);
  }
});

test('circles are found, type imports included, each with the way round it', () => {
  const files = [
    { path: 'a.ts', text: "import { b } from './b.ts';" },
    { path: 'b.ts', text: "import type { C } from './c.ts';\nimport { e } from './e.ts';" },
    { path: 'c.ts', text: "import {\n  type B,\n} from './b.ts';\nimport { d } from 'd';" },
    { path: 'd.ts', text: "import { a } from './a.ts';\nimport { e } from './e.ts';" },
    { path: 'e.ts', text: '' },
    { path: 'f.ts', text: "import { f } from './f.ts';" },
  ];
  assert.deepEqual(importCycles(files), [
    ['b.ts', 'c.ts', 'b.ts'],
    ['f.ts', 'f.ts'],
  ]);
});
