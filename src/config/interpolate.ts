import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

export interface InterpolateContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The file that contains the text; `${file:PATH}` is relative to it. */
  readonly file: string;
  /** Called with the path of each file that is read. */
  readonly onFile?: (path: string) => void;
}

const PATTERN = /\$(?:\$|\{file:([^}]*)\}|\{([^}]*)\}|([A-Za-z_][A-Za-z0-9_]*))/g;
const NAME_PATTERN = /^[A-Za-z_][A-Za-z0-9_]*$/;

/**
 * Replaces `$NAME` and `${NAME}` with the environment variable, `${file:PATH}` with the content of the file without its
 * last line break, and `$$` with `$`. Throws an Error whose message continues a sentence.
 */
export function interpolate(text: string, context: InterpolateContext): string {
  return text.replace(PATTERN, (match, path?: string, braced?: string, bare?: string) => {
    if (match === '$$') return '$';
    if (path !== undefined) return readSecret(path, context);
    const name = braced ?? bare ?? '';
    if (!NAME_PATTERN.test(name))
      throw new Error(
        'the braces after "$" must contain a variable name or file:PATH; write $$ for a dollar sign',
      );
    const value = context.env[name];
    if (value === undefined)
      throw new Error(`the environment variable ${name} is not set; write $$ for a dollar sign`);
    return value;
  });
}

/** The inverse: text that `interpolate` turns into `text`. */
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
    throw new Error(`cannot read the file ${path} (${(error as NodeJS.ErrnoException).code ?? 'error'})`);
  }
}
