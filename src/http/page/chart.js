import UPlot from './uplot.js';
import * as format from './format.js';
import { drawMarks, MarkLabel, marksNear, nameOf } from './marks.js';

const HEIGHT = 150;
/** What the keys move the cursor by, as parts of the range. */
const STEP = 1 / 300;
const PAGE = 1 / 10;
/** Seconds between ticks of the time axis. */
const TIME_TICKS = [60, 120, 300, 600, 900, 1_800];
/** Drawn one over the other, the last on top. */
const LINES = [
  { colour: '--accent-3', dash: [2, 3] },
  { colour: '--accent-2', dash: [6, 3] },
  { colour: '--accent' },
];

/**
 * One chart. `shown` is what all of them show: columns, events, the width in seconds, the event that is pointed out,
 * whether they stand still.
 */
export class Chart {
  #container;
  #readout;
  #spec;
  #sync;
  #shown;
  #plot;
  #label = new MarkLabel();
  /** The time that was chosen with the keyboard: the cursor stays there while the chart moves on. */
  #chosen;

  constructor(name, spec, sync, shown) {
    this.#container = document.getElementById(`chart-${name}`);
    this.#readout = document.getElementById(`chart-${name}-readout`);
    this.#spec = spec;
    this.#sync = sync;
    this.#shown = shown;
    this.build();
    this.#container.addEventListener('keydown', (event) => this.#onKey(event));
    this.#container.addEventListener('blur', () => this.moveTo(undefined));
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
    this.#label.moveInto(this.#plot);
  }

  draw() {
    const { columns, range, isHeld } = this.#shown;
    const data = [columns.at, ...this.#spec.columns.map((name) => columns[name])];
    // At once: the cursor below is put where the time is now.
    this.#plot.batch(() => this.#plot.setData(data));
    const state = isHeld ? ', paused' : '';
    const keys = 'arrow keys move the cursor, with Shift from event to event';
    const label = `${this.#spec.title} over the last ${format.range(range)}${state}; ${keys}`;
    if (this.#container.getAttribute('aria-label') !== label)
      this.#container.setAttribute('aria-label', label);
    if (this.#chosen !== undefined) this.moveTo(this.#chosen);
  }

  redraw() {
    this.#plot.redraw(false);
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
      scales: {
        x: { time: true, range: (_, __, last) => this.#rangeOfTime(last) },
        y: { range: rangeFromZero },
      },
      axes: [
        {
          ...axis,
          size: 22,
          space: 40,
          incrs: TIME_TICKS,
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
      hooks: {
        draw: [(plot) => drawMarks(plot, this.#shown.events, this.#shown.pointedOut)],
        setCursor: [(plot) => this.#read(plot)],
      },
    };
  }

  /** Always as wide as was chosen, so that the charts scroll evenly from the first sample on. */
  #rangeOfTime(last) {
    const end = last ?? Date.now() / 1_000;
    return [end - this.#shown.range, end];
  }

  /** The arrow keys move the cursor by a little, Page Up and Page Down by more, both with Shift to the next event. */
  #onKey(event) {
    if (event.key === 'Escape') return this.moveTo(undefined);
    const [times] = this.#plot.data;
    const last = times.length - 1;
    if (last < 0) return;
    const { range } = this.#shown;
    const first = times.findIndex((time) => time > times[last] - range);
    const at = this.#plot.cursor.idx ?? last;
    const step = Math.max(1, Math.round(range * STEP));
    const page = Math.round(range * PAGE);
    const places = { ArrowLeft: at - step, ArrowRight: at + step, PageUp: at - page, PageDown: at + page };
    const place = { ...places, Home: first, End: last }[event.key];
    if (place === undefined) return;
    event.preventDefault();
    if (event.shiftKey) return this.moveTo(this.#nextEvent(this.#chosen ?? times[at], place < at));
    this.moveTo(times[Math.max(first, Math.min(last, place))]);
  }

  /** Where it is, if there is no event on that side. */
  #nextEvent(at, isBack) {
    const { events, columns, range } = this.#shown;
    const end = columns.at.at(-1);
    const times = events.map((event) => event.at).filter((time) => time > end - range && time <= end);
    return (isBack ? times.findLast((time) => time < at) : times.find((time) => time > at)) ?? at;
  }

  /** undefined: no cursor. */
  moveTo(at) {
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
    const near = at === undefined ? [] : marksNear(plot, this.#shown.events);
    this.#label.show(plot, near);
    this.#container.setAttribute('aria-valuenow', idx ?? 0);
    this.#container.setAttribute('aria-valuemax', Math.max(0, plot.data[0].length - 1));
    this.#container.setAttribute('aria-valuetext', [text, ...near.map(nameOf)].join('. '));
  }
}

function rangeFromZero(_, __, max) {
  return [0, Math.max(1, 1.15 * max)];
}
