/** docs/api.md, from the declarations that the compiler writes: `npm run docs`. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root } from './run.mjs';

const entries = [
  ['kubesentiment', 'dist/src/index.d.ts'],
  ['kubesentiment/predict', 'dist/src/predict/index.d.ts'],
];
const kinds = [
  ['Classes', 'class'],
  ['Functions', 'function'],
  ['Constants', 'const'],
  ['Types', 'interface|type'],
];

/** The text of the page: every name that the package exports, with its comment and its declaration. */
export function apiPage() {
  const names = new Map();
  for (const [entry, path] of entries) {
    for (const [name, file] of exportsOf(path))
      names.set(name, { file, from: [...(names.get(name)?.from ?? []), entry] });
  }
  const sections = kinds.map(([title, kind]) => {
    const found = [...names]
      .map(([name, place]) => ({ name, ...place, declaration: declarationOf(name, kind, place.file) }))
      .filter(({ declaration }) => declaration !== undefined)
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    return [`## ${title}`, ...found.map(described)].join('\n\n');
  });
  return `# The API

What \`kubesentiment\` exports, from its declarations. [library.md](library.md) says how to use it,
[examples/](../examples/README.md) has programs to copy.

${sections.join('\n\n')}
`;
}

function described({ name, from, file, declaration }) {
  const imports = from.map((entry) => `\`${entry}\``).join(' and ');
  const code = [declaration.code, ...related(declaration.code, file)].join('\n\n');
  return [`### ${name}`, `From ${imports}.`, declaration.comment, `\`\`\`ts\n${code}\n\`\`\``]
    .filter((part) => part !== '')
    .join('\n\n');
}

/** Exported name → file with its declaration. */
function exportsOf(path) {
  const text = read(path);
  return [...text.matchAll(/^export (?:type )?\{([^}]*)\} from '(.*)\.ts';/gm)].flatMap(([, list, from]) =>
    list
      .split(',')
      .map((name) => name.replace(/\btype\b/, '').trim())
      .filter((name) => name !== '')
      .map((name) => [name, join(dirname(path), `${from}.d.ts`)]),
  );
}

/** What is needed to read a declaration and has no entry of its own: what it extends, and types of the same file. */
function related(code, file) {
  const first = code.split('\n')[0];
  const named = [...first.matchAll(/(?:extends |<)(\w+)/g)].map(([, name]) => name);
  const text = read(file);
  return named.flatMap((name) => {
    const from = new RegExp(`import (?:type )?\\{[^}]*\\b${name}\\b[^}]*\\} from '(.*)\\.ts';`).exec(
      text,
    )?.[1];
    const found = declarationOf(name, 'interface|type', from ? join(dirname(file), `${from}.d.ts`) : file);
    return found === undefined ? [] : [found.code];
  });
}

/** The comment and the code of a declaration; undefined if the file has none of that kind. */
function declarationOf(name, kind, file) {
  const lines = read(file).split('\n');
  const start = lines.findIndex((line) =>
    new RegExp(`^(export )?(declare )?(${kind}) ${name}\\b`).test(line),
  );
  if (start < 0) return undefined;
  const end = lines.findIndex((_line, i) => i >= start && isLast(lines.slice(start, i + 1).join('\n')));
  const code = lines
    .slice(start, end + 1)
    .filter((line) => !/^ +(#private|private constructor\(\));$/.test(line))
    .map((line) => line.replace(/^( {4})+/, (indent) => indent.replaceAll('    ', '  ')))
    .join('\n')
    .replace(/^export (declare )?/, '');
  return { code, comment: commentAbove(lines, start) };
}

/** Whether a declaration is complete: its brackets are closed. A comment in it may hold anything. */
function isLast(text) {
  const code = text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, '').replaceAll(/'[^'\n]*'/g, '');
  return /[;}]$/.test(code) && count(code, /[{([]/g) === count(code, /[})\]]/g);
}

const count = (text, pattern) => text.match(pattern)?.length ?? 0;

function commentAbove(lines, start) {
  if (!lines[start - 1]?.trimEnd().endsWith('*/')) return '';
  let first = start - 1;
  while (!lines[first].trimStart().startsWith('/**')) first--;
  return lines
    .slice(first, start)
    .map((line) =>
      line
        .replace(/^\s*\/\*\* ?/, '')
        .replace(/ ?\*\/\s*$/, '')
        .replace(/^\s*\* ?/, ''),
    )
    .join('\n')
    .trim();
}

function read(path) {
  return readFileSync(join(root, path), 'utf8');
}
