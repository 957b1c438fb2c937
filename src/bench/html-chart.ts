import { escapeHtml } from './html-page.ts';

export interface ChartLine {
  readonly name: string;
  /** One value per position on the x axis; null leaves a gap. */
  readonly values: readonly (number | null)[];
}

export interface Chart {
  readonly title: string;
  /** Of the y axis. */
  readonly unit: string;
  readonly lines: readonly ChartLine[];
  /** Positions on the x axis, ascending; or names, which are spaced evenly. */
  readonly x: readonly number[] | readonly string[];
  readonly xTitle: string;
  /** A horizontal line, such as a target. */
  readonly mark?: { readonly name: string; readonly value: number } | undefined;
}

const WIDTH = 900;
const HEIGHT = 260;
const LEFT = 64;
const RIGHT = 16;
const TOP = 12;
const BOTTOM = 40;
const PLOT_WIDTH = WIDTH - LEFT - RIGHT;
const PLOT_HEIGHT = HEIGHT - TOP - BOTTOM;
const TICKS = 5;

/** A figure with title, key and drawing. It includes its numbers, for the page's small script. */
export function chartHtml(chart: Chart): string {
  const { title, unit, lines, mark } = chart;
  const values = lines.flatMap((line) => line.values).filter((value) => value !== null);
  const ticks = ticksUpTo(Math.max(...values, mark?.value ?? 0));
  const top = ticks.at(-1) as number;
  const xs = placesOf(chart.x);
  const y = (value: number): number => TOP + PLOT_HEIGHT * (1 - value / top);
  const key = lines.map(
    ({ name }, i) => `<span class="key"><i class="swatch line-${i}"></i>${escapeHtml(name)}</span>`,
  );
  const data = { x: chart.x, xTitle: chart.xTitle, unit, places: xs.map(tenth), lines };
  return `<figure class="chart">
<figcaption><strong>${escapeHtml(title)}</strong> <span class="unit">${escapeHtml(unit)}</span>
${key.join('')}</figcaption>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeHtml(title)}">
${ticks.map((tick) => horizontal(tick, y(tick))).join('\n')}
${xTicks(chart, xs)}
${mark === undefined ? '' : marked(mark.name, y(mark.value))}
${lines.map((line, i) => drawn(line, i, xs, y)).join('\n')}
<line class="cursor" y1="${TOP}" y2="${TOP + PLOT_HEIGHT}" x1="-9" x2="-9"/>
</svg>
<output></output>
<script type="application/json">${JSON.stringify(data).replaceAll('<', '\\u003c')}</script>
</figure>`;
}

/** 0 and round numbers up to at least `most`. */
export function ticksUpTo(most: number): number[] {
  if (!(most > 0)) return [0, 1];
  const rough = most / TICKS;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 2.5, 5, 10].find((factor) => factor * power >= rough) as number);
  return Array.from({ length: Math.ceil(most / step - 1e-9) + 1 }, (_, i) =>
    Number((i * step).toPrecision(12)),
  );
}

function placesOf(x: Chart['x']): number[] {
  if (x.length === 0) return [];
  if (typeof x[0] === 'string') return x.map((_, i) => LEFT + ((i + 0.5) * PLOT_WIDTH) / x.length);
  const numbers = x as readonly number[];
  const last = numbers.at(-1) as number;
  return numbers.map((value) => LEFT + (PLOT_WIDTH * value) / (last || 1));
}

function horizontal(tick: number, y: number): string {
  const text = tick.toLocaleString('en-US', { maximumFractionDigits: 3 });
  return `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${tenth(y)}" y2="${tenth(y)}"/>
<text class="tick y" x="${LEFT - 8}" y="${tenth(y + 4)}">${text}</text>`;
}

function xTicks({ x, xTitle }: Chart, xs: readonly number[]): string {
  const below = TOP + PLOT_HEIGHT + 16;
  const text = (at: number, label: string): string =>
    `<text class="tick x" x="${tenth(at)}" y="${below}">${escapeHtml(label)}</text>`;
  const title = text(LEFT + PLOT_WIDTH / 2, xTitle).replace(`y="${below}"`, `y="${below + 18}"`);
  if (typeof x[0] === 'string') return [...xs.map((at, i) => text(at, String(x[i]))), title].join('\n');
  const last = Number(x.at(-1) ?? 0);
  const ticks = ticksUpTo(last).filter((tick) => tick <= last);
  return [...ticks.map((tick) => text(LEFT + (PLOT_WIDTH * tick) / (last || 1), String(tick))), title].join(
    '\n',
  );
}

function marked(name: string, y: number): string {
  return `<line class="mark" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${tenth(y)}" y2="${tenth(y)}"/>
<text class="mark" x="${WIDTH - RIGHT - 4}" y="${tenth(y - 5)}">${escapeHtml(name)}</text>`;
}

function drawn(
  { values }: ChartLine,
  index: number,
  xs: readonly number[],
  y: (value: number) => number,
): string {
  const pieces: string[][] = [[]];
  values.forEach((value, i) => {
    if (value === null) pieces.push([]);
    else pieces.at(-1)?.push(`${tenth(xs[i] as number)},${tenth(y(value))}`);
  });
  const lines = pieces
    .filter((piece) => piece.length > 0)
    .map((piece) => `<polyline class="line-${index}" points="${piece.join(' ')}"/>`);
  const isSparse = xs.length <= 30;
  // A line with a single point would be invisible.
  const dotted = isSparse ? pieces : pieces.filter((piece) => piece.length === 1);
  const dots = dotted.flat().map((at) => dot(at, index));
  return [...lines, ...dots].join('\n');
}

function dot(at: string, index: number): string {
  const [x, y] = at.split(',');
  return `<circle class="line-${index}" cx="${x}" cy="${y}" r="3.5"/>`;
}

function tenth(value: number): number {
  return Math.round(value * 10) / 10;
}
