/** The project's files and what they import, for the style test. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { root } from './paths.ts';

export interface SourceFile {
  /** From the repository root, with forward slashes. */
  readonly path: string;
  readonly text: string;
  readonly lines: readonly string[];
}

export interface Import {
  /** As written: `node-rdkafka`, `../types.ts`. */
  readonly specifier: string;
  /** The file it refers to, from the repository root; undefined for packages. */
  readonly path: string | undefined;
  /** Erased by compilation. */
  readonly typeOnly: boolean;
}

const BINARY = /\.(onnx|bin|png|ico|gz|zst|wasm|node)$/;

/** Every text file that git does not ignore. */
export function projectFiles(): SourceFile[] {
  const ignored = ignoredPaths();
  const files: SourceFile[] = [];
  const visit = (folder: string): void => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = posix.join(folder, entry.name);
      if (entry.name === '.git' || ignored(entry.isDirectory() ? `${path}/` : path)) continue;
      if (entry.isDirectory()) visit(path);
      else if (entry.isFile() && !BINARY.test(path)) {
        const text = readFileSync(join(root, path), 'utf8');
        files.push({ path, text, lines: text.split('\n') });
      }
    }
  };
  visit('');
  return files;
}

/**
 * What a file imports: static and dynamic imports, re-exports and `require`. It reads text, not a syntax tree, and
 * relies on the formatter: statements begin in the first column, specifiers are quoted.
 */
export function importsOf({ path, text }: Pick<SourceFile, 'path' | 'text'>): Import[] {
  const found: Import[] = [];
  const add = (specifier: string, typeOnly: boolean): void => {
    const target = specifier.startsWith('.') ? posix.join(dirname(path), specifier) : undefined;
    found.push({ specifier, path: target, typeOnly });
  };
  const code = withoutComments(text);
  const statement = /^(?:import|export)\s+(?:(type\s+)?([\w*$\s{},]*?)\s*\bfrom\s*)?(['"])([^'"\n]+)\3/gm;
  for (const [, type, names = '', , specifier] of code.matchAll(statement)) {
    add(specifier as string, type !== undefined || namesTypesOnly(names));
  }
  const call = /(typeof\s+)?\b(?:import|require)\(\s*(['"])([^'"\n]+)\2,?\s*\)(\.[A-Z])?/g;
  for (const [, type, , specifier, member] of code.matchAll(call)) {
    add(specifier as string, type !== undefined || member !== undefined);
  }
  return found;
}

/** Import cycles among the files, including type imports; at least one for each strongly connected group. */
export function importCycles(files: readonly Pick<SourceFile, 'path' | 'text'>[]): string[][] {
  const known = new Set(files.map(({ path }) => path));
  const edges = new Map(
    files.map((file) => [
      file.path,
      importsOf(file).flatMap(({ path }) => (path !== undefined && known.has(path) ? [path] : [])),
    ]),
  );
  const cycles: string[][] = [];
  const visited = new Set<string>();
  const visit = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path);
    if (start >= 0) cycles.push([...trail.slice(start), path]);
    if (visited.has(path)) return;
    visited.add(path);
    for (const next of edges.get(path) ?? []) visit(next, [...trail, path]);
  };
  for (const path of edges.keys()) visit(path, []);
  return cycles;
}

/** Comments after a quote on the same line are kept: what looks like a comment may be part of a string. */
function withoutComments(text: string): string {
  return text.replace(/^([^'"`\n]*?)\/\*[\s\S]*?\*\//gm, '$1').replace(/^([^'"`\n]*?)\/\/.*$/gm, '$1');
}

/** `{ type A, type B as C }`. */
function namesTypesOnly(names: string): boolean {
  const list = /^\{([^{}]+)\}$/.exec(names.trim())?.[1];
  const entries = list?.split(',').map((entry) => entry.trim());
  return entries?.filter((entry) => entry !== '').every((entry) => /^type\s+[\w$]/.test(entry)) === true;
}

/** The subset of .gitignore syntax that ours uses: names, paths, `*`, a trailing slash for folders. */
function ignoredPaths(): (path: string) => boolean {
  const lines = readFileSync(join(root, '.gitignore'), 'utf8').split('\n');
  const patterns = lines
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const anchored = line.slice(0, -1).includes('/');
      const body = line.replace(/^\//, '').replaceAll('.', '\\.').replaceAll('*', '[^/]*');
      return new RegExp(`${anchored ? '^' : '(^|/)'}${body}$`);
    });
  return (path) => patterns.some((pattern) => pattern.test(path));
}
