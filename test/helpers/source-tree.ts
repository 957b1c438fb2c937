/** The files of the project and what they import, for the test that checks the style. */
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
  /** The file it means, from the repository root; undefined for packages. */
  readonly path: string | undefined;
  /** Gone after compilation. */
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

/** Static and dynamic imports, re-exports and `require`, comments and strings aside as far as a line can tell. */
export function importsOf(file: SourceFile): Import[] {
  const found: Import[] = [];
  const statement =
    /^\s*(?:import|export)\s+(?:(type)\s+)?(?:[\w*$\s{},]*\sfrom\s+)?'([^']+)'|\b(?:import|require)\('([^']+)'\)/gm;
  for (const [whole, type, fromStatement, fromCall] of file.text.matchAll(statement)) {
    const specifier = (fromStatement ?? fromCall) as string;
    const typeOnly = type !== undefined || /^\s*import\s*{(\s*type\s+[\w$\s]+,?)+\s*}/.test(whole);
    const path = specifier.startsWith('.') ? posix.join(dirname(file.path), specifier) : undefined;
    found.push({ specifier, path, typeOnly });
  }
  return found;
}

/** The subset of .gitignore that ours uses: names, paths, `*`, a slash at the end for folders. */
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
