import UPlot from './uplot.js';
import * as format from './format.js';

const HEIGHT = 150;
const WINDOW_S = 300;

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
    });
    const specs = {
      throughput: { columns: ['throughput'], labels: [''], format: format.rate },
      lag: { columns: ['lag'], labels: [''], format: format.compact },
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

  constructor(name, spec, sync) {
    this.#container = document.getElementById(`chart-${name}`);
    this.#readout = document.getElementById(`chart-${name}-readout`);
    this.#spec = spec;
    this.#sync = sync;
    this.build();
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
    const lines = ['--accent-3', '--accent-2', '--accent'].slice(-this.#spec.columns.length);
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
        { ...axis, size: 58, space: 30, values: (_, splits) => splits.map(this.#spec.format) },
      ],
      series: [
        {},
        ...this.#spec.columns.map((_, i) => ({
          stroke: colour(lines[i]),
          width: 1.5,
          points: { show: false },
          ...(this.#spec.columns.length === 1 && { fill: colour('--accent-wash') }),
        })),
      ],
      hooks: { setCursor: [(plot) => this.#read(plot)] },
    };
  }

  #read(plot) {
    const { idx } = plot.cursor;
    const at = plot.data[0][idx];
    const values = this.#spec.labels.map((label, i) => {
      const value = plot.data[i + 1][idx];
      return `${label} ${value == null ? '–' : this.#spec.format(value)}`;
    });
    this.#readout.textContent =
      at === undefined ? '' : `${format.time(1_000 * at)}  ${values.reverse().join('  ')}`;
  }
}

/** Always five minutes wide, so that the charts scroll evenly from the first sample on. */
function rangeOfTime(_, __, last) {
  const end = last ?? Date.now() / 1_000;
  return [end - WINDOW_S, end];
}

function rangeFromZero(_, __, max) {
  return [0, max > 0 ? max * 1.15 : 1];
}
