import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

export interface PageFile {
  readonly path: string;
  readonly type: string;
  readonly body: Buffer;
}

/** The files are served as they are written, from the sources: from dist/src/http/live to the root of the package. */
const folder = new URL('../../../../src/http/page/', import.meta.url);
const require = createRequire(import.meta.url);

const javascript = 'text/javascript; charset=utf-8';
const css = 'text/css; charset=utf-8';

/** Path, type, and the file: ours by name, others by their package. */
const files: readonly (readonly [path: string, type: string, file: string])[] = [
  ['/', 'text/html; charset=utf-8', 'index.html'],
  ['/page/page.css', css, 'page.css'],
  ['/page/widgets.css', css, 'widgets.css'],
  ['/page/app.js', javascript, 'app.js'],
  ['/page/charts.js', javascript, 'charts.js'],
  ['/page/connection.js', javascript, 'connection.js'],
  ['/page/format.js', javascript, 'format.js'],
  ['/page/predict.js', javascript, 'predict.js'],
  ['/page/tables.js', javascript, 'tables.js'],
  ['/page/theme.js', javascript, 'theme.js'],
  ['/page/icon.svg', 'image/svg+xml', 'icon.svg'],
  ['/page/uplot.js', javascript, 'uplot/dist/uPlot.esm.js'],
  ['/page/uplot.css', css, 'uplot/dist/uPlot.min.css'],
];

/** Everything that the live page consists of; read once, so that a request cannot name a file. */
export function pageFiles(): PageFile[] {
  return files.map(([path, type, file]) => ({ path, type, body: readFileSync(placeOf(file)) }));
}

function placeOf(file: string): string {
  return file.startsWith('uplot/') ? require.resolve(file) : fileURLToPath(new URL(file, folder));
}

/** What the page may do: load from us, ask us, nothing else. Scripts and styles only as files. */
export const pagePolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');
