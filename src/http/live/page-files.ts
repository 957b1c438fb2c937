import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

export interface PageFile {
  readonly path: string;
  readonly type: string;
  readonly body: Buffer;
}

/** The files are served from the sources. This module runs in dist/src/http/live/. */
const pageFolder = new URL('../../../../src/http/page/', import.meta.url);
const require = createRequire(import.meta.url);

const JAVASCRIPT = 'text/javascript; charset=utf-8';
const CSS = 'text/css; charset=utf-8';

/** A file is a name in `pageFolder`, or starts with the package that it comes from. */
const files: readonly (readonly [path: string, type: string, file: string])[] = [
  ['/', 'text/html; charset=utf-8', 'index.html'],
  ['/page/page.css', CSS, 'page.css'],
  ['/page/widgets.css', CSS, 'widgets.css'],
  ['/page/letters.css', CSS, 'letters.css'],
  ['/page/peers.css', CSS, 'peers.css'],
  ['/page/view.css', CSS, 'view.css'],
  ['/page/print.css', CSS, 'print.css'],
  ['/page/app.js', JAVASCRIPT, 'app.js'],
  ['/page/ask.js', JAVASCRIPT, 'ask.js'],
  ['/page/chart.js', JAVASCRIPT, 'chart.js'],
  ['/page/charts.js', JAVASCRIPT, 'charts.js'],
  ['/page/connection.js', JAVASCRIPT, 'connection.js'],
  ['/page/events.js', JAVASCRIPT, 'events.js'],
  ['/page/explain.js', JAVASCRIPT, 'explain.js'],
  ['/page/format.js', JAVASCRIPT, 'format.js'],
  ['/page/histogram.js', JAVASCRIPT, 'histogram.js'],
  ['/page/history.js', JAVASCRIPT, 'history.js'],
  ['/page/letter.js', JAVASCRIPT, 'letter.js'],
  ['/page/letters.js', JAVASCRIPT, 'letters.js'],
  ['/page/letters-filter.js', JAVASCRIPT, 'letters-filter.js'],
  ['/page/marks.js', JAVASCRIPT, 'marks.js'],
  ['/page/models.js', JAVASCRIPT, 'models.js'],
  ['/page/peers.js', JAVASCRIPT, 'peers.js'],
  ['/page/predict.js', JAVASCRIPT, 'predict.js'],
  ['/page/print.js', JAVASCRIPT, 'print.js'],
  ['/page/replay.js', JAVASCRIPT, 'replay.js'],
  ['/page/tables.js', JAVASCRIPT, 'tables.js'],
  ['/page/theme.js', JAVASCRIPT, 'theme.js'],
  ['/page/view.js', JAVASCRIPT, 'view.js'],
  ['/page/why.js', JAVASCRIPT, 'why.js'],
  ['/page/icon.svg', 'image/svg+xml', 'icon.svg'],
  ['/page/uplot.js', JAVASCRIPT, 'uplot/dist/uPlot.esm.js'],
  ['/page/uplot.css', CSS, 'uplot/dist/uPlot.min.css'],
];

/** All files of the live page. They are read once, so that no request can name a file to read. */
export function pageFiles(): PageFile[] {
  return files.map(([path, type, file]) => ({ path, type, body: readFileSync(pathOf(file)) }));
}

function pathOf(file: string): string {
  return file.startsWith('uplot/') ? require.resolve(file) : fileURLToPath(new URL(file, pageFolder));
}

/** The page may only load from and talk to this server. Scripts and styles must be files. */
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
