import UPlot from './uplot.js';
import { Chart } from './chart.js';
import * as format from './format.js';
import { timesOf } from './history.js';

const DECADES = Array.from({ length: 12 }, (_, power) => 10 ** power);
/** Distances between ticks. Halves of a message, or of the last digit shown, would give the same number twice. */
const whole = DECADES.flatMap((decade) => [decade, 2 * decade, 5 * decade]);
const tenths = [0.1, 0.2, 0.5, ...whole];

/** Charts that share a time axis and its cursor, over a `History` and the events beside it. */
export class Charts {
  /** What all of them show: columns, events, the width in seconds, the event that is pointed out. */
  #shown = { columns: undefined, events: [], range: 300, pointedOut: undefined, isHeld: false };
  #history;
  #events;
  #charts;

  /** `events`: gives a list, oldest first. */
  constructor(history, events) {
    this.#history = history;
    this.#events = events;
    this.#shown.columns = history.columns;
    const sync = UPlot.sync('time');
    const latency = (title, name) => ({
      title,
      // The last column is drawn on top.
      columns: timesOf(name).reverse(),
      labels: ['p99', 'p95', 'p50'],
      format: format.ms,
      increments: tenths,
    });
    const single = (title, name, shown) => ({
      ...{ title, columns: [name], labels: [''], format: shown, increments: whole },
    });
    const specs = {
      throughput: single('Throughput', 'throughput', format.rate),
      lag: single('Lag', 'lag', format.compact),
      processing: latency('Processing time', 'processing'),
      endToEnd: latency('End-to-end latency', 'endToEnd'),
    };
    this.#charts = Object.entries(specs).map(([name, spec]) => new Chart(name, spec, sync, this.#shown));
    document.addEventListener('visibilitychange', () => this.draw());
  }

  /** Nobody sees a hidden page: it is drawn when it is looked at again. */
  draw() {
    if (document.hidden) return;
    if (!this.#shown.isHeld) {
      this.#shown.columns = this.#history.columns;
      this.#shown.events = this.#events();
    }
    for (const chart of this.#charts) chart.draw();
  }

  /** They stand still until `resume`. */
  hold() {
    this.#shown.columns = this.#history.copy();
    this.#shown.isHeld = true;
    this.draw();
  }

  resume() {
    this.#shown.isHeld = false;
    this.draw();
  }

  setRange(seconds) {
    this.#shown.range = seconds;
    this.draw();
  }

  /** Seconds. */
  get range() {
    return this.#shown.range;
  }

  /** Whether they reach back to it. */
  reaches(at) {
    return at > (this.#shown.columns.at.at(-1) ?? at) - this.#shown.range;
  }

  /** Moves the cursor to a time. undefined: where it was. */
  moveTo(at) {
    for (const chart of this.#charts) chart.moveTo(at);
  }

  /** Draws the mark of an event wider than the others; undefined: of none. */
  pointOut(event) {
    this.#shown.pointedOut = event;
    for (const chart of this.#charts) chart.redraw();
  }

  /** Call after the theme has changed: a canvas does not follow the style sheet. */
  restyle() {
    for (const chart of this.#charts) chart.build();
    this.draw();
  }
}
