import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

export interface InterpolateContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The file the text stands in; `${file:PATH}` is relative to it. */
  readonly file: string;
  /** Told the path of each file that is read. */
  readonly onFile?: (path: string) => void;
}

const pattern = /\$(?:\$|\{file:([^}]*)\}|\{([^}]*)\}|([A-Za-z_][A-Za-z0-9_]*))/g;
const namePattern = /^[A-Za-z_][A-Za-z0-9_]*$/;

/**
 * Replaces `$NAME` and `${NAME}` by the environment variable, `${file:PATH}` by the content of the file
 * without its last line break, `$$` by `$`. Throws an Error with half a sentence that says what is wrong.
 */
export function interpolate(text: string, context: InterpolateContext): string {
  return text.replace(pattern, (match, path?: string, braced?: string, bare?: string) => {
    if (match === '$$') return '$';
    if (path !== undefined) return readSecret(path, context);
    const name = braced ?? bare ?? '';
    if (!namePattern.test(name))
      throw new Error(
        'the braces after "$" must hold a variable name or file:PATH; write $$ for a dollar sign',
      );
    const value = context.env[name];
    if (value === undefined)
      throw new Error(`the environment variable ${name} is not set; write $$ for a dollar sign`);
    return value;
  });
}

/** The text that `interpolate` turns into `text`. */
export function escapeInterpolation(text: string): string {
  return text.replaceAll('$', '$$$$');
}

function readSecret(path: string, { file, onFile }: InterpolateContext): string {
  try {
    const absolute = resolve(dirname(file), path);
    const text = readFileSync(absolute, 'utf8').replace(/\r?\n$/, '');
    onFile?.(absolute);
    return text;
  } catch (error) {
    throw new Error(`the file ${path} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'error'})`);
  }
}
