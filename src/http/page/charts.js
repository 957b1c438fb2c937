import UPlot from './uplot.js';
import * as format from './format.js';

const HEIGHT = 150;
const WINDOW_S = 300;
const DECADES = Array.from({ length: 12 }, (_, power) => 10 ** power);
/** Distances between ticks. Halves of a message, or of the last digit shown, would give the same number twice. */
const whole = DECADES.flatMap((decade) => [decade, 2 * decade, 5 * decade]);
const tenths = [0.1, 0.2, 0.5, ...whole];

/** Drawn one over the other, the last on top. */
const LINES = [
  { colour: '--accent-3', dash: [2, 3] },
  { colour: '--accent-2', dash: [6, 3] },
  { colour: '--accent' },
];

/** Charts that share a time axis and its cursor. */
export class Charts {
  #columns = { at: [] };
  #charts;

  constructor() {
    const sync = UPlot.sync('time');
    const latency = (name) => ({
      // The last column is drawn on top.
      columns: [`${name}P99`, `${name}P95`, `${name}P50`],
      labels: ['p99', 'p95', 'p50'],
      format: format.ms,
      increments: tenths,
    });
    const specs = {
      throughput: { columns: ['throughput'], labels: [''], format: format.rate, increments: whole },
      lag: { columns: ['lag'], labels: [''], format: format.compact, increments: whole },
      processing: latency('processing'),
      endToEnd: latency('endToEnd'),
    };
    this.#charts = Object.entries(specs).map(([name, spec]) => new Chart(name, spec, sync));
  }

  /** Replaces all data, given as columns. */
  replace(columns) {
    this.#columns = columns;
    this.#draw();
  }

  /** Adds one sample: an object with a value for each column. */
  add(sample) {
    const { at } = this.#columns;
    for (const [name, column] of Object.entries(this.#columns)) column.push(sample[name]);
    while (at.length > 0 && at[0] < sample.at - WINDOW_S) {
      for (const column of Object.values(this.#columns)) column.shift();
    }
    this.#draw();
  }

  /** Call after the theme has changed: a canvas does not follow the style sheet. */
  restyle() {
    for (const chart of this.#charts) chart.build();
    this.#draw();
  }

  #draw() {
    for (const chart of this.#charts) chart.draw(this.#columns);
  }
}

class Chart {
  #container;
  #readout;
  #spec;
  #sync;
  #plot;
  /** The time that was chosen with the keyboard: the cursor stays there while the chart moves on. */
  #chosen;

  constructor(name, spec, sync) {
    this.#container = document.getElementById(`chart-${name}`);
    this.#readout = document.getElementById(`chart-${name}-readout`);
    this.#spec = spec;
    this.#sync = sync;
    this.build();
    this.#container.addEventListener('keydown', (event) => this.#onKey(event));
    this.#container.addEventListener('blur', () => this.#moveTo(undefined));
    this.#container.addEventListener('mousemove', () => {
      this.#chosen = undefined; // the cursor follows the mouse
    });
    new ResizeObserver(() => this.#plot.setSize(this.#size())).observe(this.#container);
  }

  build() {
    const data = this.#plot?.data;
    this.#plot?.destroy();
    this.#plot = new UPlot(
      this.#options(),
      data ?? [[], ...this.#spec.columns.map(() => [])],
      this.#container,
    );
  }

  draw(columns) {
    this.#plot.setData([columns.at, ...this.#spec.columns.map((name) => columns[name] ?? [])]);
    if (this.#chosen !== undefined) this.#moveTo(this.#chosen);
  }

  #size() {
    return { width: Math.max(200, this.#container.clientWidth), height: HEIGHT };
  }

  #options() {
    const style = getComputedStyle(document.documentElement);
    const colour = (name) => style.getPropertyValue(name).trim();
    const axis = {
      stroke: colour('--muted'),
      grid: { stroke: colour('--line'), width: 1 },
      ticks: { show: false },
      font: '11px system-ui, sans-serif',
    };
    const lines = LINES.slice(-this.#spec.columns.length);
    return {
      ...this.#size(),
      legend: { show: false },
      cursor: { sync: { key: this.#sync.key }, y: false, points: { size: 6 }, drag: { x: false, y: false } },
      padding: [8, 14, 0, 0],
      scales: { x: { time: true, range: rangeOfTime }, y: { range: rangeFromZero } },
      axes: [
        {
          ...axis,
          size: 22,
          space: 40,
          incrs: [60, 120],
          values: (_, splits) => splits.map((s) => format.minute(1_000 * s)),
        },
        {
          ...axis,
          size: 58,
          space: 30,
          incrs: this.#spec.increments,
          values: (_, splits) => splits.map(this.#spec.format),
        },
      ],
      series: [
        {},
        ...this.#spec.columns.map((_, i) => ({
          stroke: colour(lines[i].colour),
          dash: lines[i].dash,
          width: 1.5,
          points: { show: false },
          ...(this.#spec.columns.length === 1 && { fill: colour('--accent-wash') }),
        })),
      ],
      hooks: { setCursor: [(plot) => this.#read(plot)] },
    };
  }

  /** The arrow keys move the cursor by a sample, Page Up and Page Down by half a minute. */
  #onKey(event) {
    const last = this.#plot.data[0].length - 1;
    const at = this.#plot.cursor.idx ?? last;
    const steps = { ArrowLeft: -1, ArrowRight: 1, PageUp: -30, PageDown: 30, Home: -at, End: last - at };
    const step = event.key === 'Escape' ? undefined : steps[event.key];
    if (last < 0 || (step === undefined && event.key !== 'Escape')) return;
    event.preventDefault();
    const index = step === undefined ? undefined : Math.max(0, Math.min(last, at + step));
    this.#moveTo(this.#plot.data[0][index]);
  }

  /** undefined: no cursor. */
  #moveTo(at) {
    this.#chosen = at;
    this.#plot.setCursor({ left: at === undefined ? -10 : this.#plot.valToPos(at, 'x'), top: 0 });
  }

  #read(plot) {
    const { idx } = plot.cursor;
    const at = plot.data[0][idx];
    const values = this.#spec.labels.map((label, i) => {
      const value = plot.data[i + 1][idx];
      return `${label} ${value == null ? '–' : this.#spec.format(value)}`;
    });
    const text = at === undefined ? '' : `${format.time(1_000 * at)}  ${values.reverse().join('  ')}`;
    this.#readout.textContent = text;
    this.#container.setAttribute('aria-valuenow', idx ?? 0);
    this.#container.setAttribute('aria-valuemax', Math.max(0, plot.data[0].length - 1));
    this.#container.setAttribute('aria-valuetext', text);
  }
}

/** Always five minutes wide, so that the charts scroll evenly from the first sample on. */
function rangeOfTime(_, __, last) {
  const end = last ?? Date.now() / 1_000;
  return [end - WINDOW_S, end];
}

function rangeFromZero(_, __, max) {
  return [0, Math.max(1, 1.15 * max)];
}
