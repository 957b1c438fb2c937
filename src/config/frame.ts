import { hideLogin } from './login.ts';

export interface FrameSource {
  readonly source: string;
  /** Values that must not be shown. */
  readonly hidden: { readonly start: number; readonly end: number }[];
}

/**
 * The line at `offset` with its number and a marker below the place. A value that may be a secret is cut off, with the
 * rest of the line. In a broken document, keys and values cannot be told apart, so everything after the first colon or
 * dash is cut off.
 */
export function frameAt(
  { source, hidden }: FrameSource,
  offset: number,
  isBroken: boolean,
): string | undefined {
  const start = offset === 0 ? 0 : source.lastIndexOf('\n', offset - 1) + 1;
  const lineEnd = source.indexOf('\n', offset);
  const end = lineEnd < 0 ? source.length : lineEnd;
  let line = source.slice(start, end).replace(/\r$/, '');
  const inLine = hidden.filter((secret) => secret.start <= end && secret.end > start);
  let cut = Math.max(0, Math.min(...inLine.map((secret) => secret.start)) - start);
  if (isBroken) cut = /^\s*[A-Za-z_][\w.]*:|^\s*/.exec(line)?.[0].length ?? 0;
  if (cut < line.length) line = `${line.slice(0, cut)}${isBroken ? ' …' : '********'}`;
  const number = String(source.slice(0, start).split('\n').length).padStart(5);
  const mark = `${' '.repeat(Math.min(offset - start, line.length))}^`;
  return `${number} | ${hideLogin(line).slice(0, 200)}\n      | ${mark}`;
}
