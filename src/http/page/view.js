// What the live page shows of the last hour: how far back, whether it stands still, what has happened.
import { Charts } from './charts.js';
import { request } from './connection.js';
import { Events } from './events.js';
import * as format from './format.js';
import { History } from './history.js';
import { onPrint } from './print.js';
import { write } from './tables.js';
import { onTheme } from './theme.js';

const KEY = 'range';
/** How long to wait before the service is asked again for what it has kept. A refused one may be told so late. */
const AGAIN_MS = [0, 2_000, 10_000];

export class View {
  #history = new History();
  #events = new Events({
    onPoint: (event) => this.#pointOut(event),
    onChoose: (event) => this.#lookAt(event),
  });
  #charts = new Charts(this.#history, () => this.#events.list);
  #ranges = [...document.querySelectorAll('input[name="range"]')];
  /** Seconds since 1970, while it stands still. */
  #heldAt;
  /** What is to be shown when it goes on: the last of each name. */
  #later = new Map();
  #connections = 0;

  constructor() {
    onTheme(() => this.#charts.restyle());
    onPrint(
      () => this.#charts.restyle(),
      () => `The charts show the last ${format.range(this.#charts.range)}.`,
    );
    for (const range of this.#ranges) {
      range.checked = range.value === (localStorage.getItem(KEY) ?? '300');
      range.addEventListener('change', () => this.#choose(range));
    }
    const chosen = this.#ranges.find(({ checked }) => checked) ?? this.#ranges[0];
    chosen.checked = true;
    this.#charts.setRange(Number(chosen.value));
    document.getElementById('hold').addEventListener('click', () => this.#toggle());
  }

  /** Shows something of the service now, or once the view goes on. */
  show(name, draw) {
    if (this.#heldAt === undefined) draw();
    else this.#later.set(name, draw);
  }

  /** Adds a sample to the charts. */
  add(sample) {
    this.#history.add(sample);
    this.#events.prune(sample.at);
    this.#draw();
  }

  /** Adds events that have happened just now. */
  mark(events) {
    this.#events.add(events);
    this.#events.announce(events);
    this.#draw();
  }

  /** Call for each connection: asks for what was before it. */
  async connected() {
    const connection = ++this.#connections;
    for (const ms of AGAIN_MS) {
      await new Promise((resolve) => setTimeout(resolve, ms));
      if (connection !== this.#connections) return;
      const response = await request('/api/v1/monitoring/history').catch(() => undefined);
      const kept = response?.ok ? await response.json().catch(() => undefined) : undefined;
      if (kept === undefined) continue;
      this.#history.merge(kept.samples);
      this.#events.add(kept.events);
      this.#draw();
      return;
    }
  }

  #draw() {
    this.#charts.draw();
    this.show('events', () => this.#events.show());
  }

  #toggle() {
    const isHeld = this.#heldAt === undefined;
    this.#heldAt = isHeld ? (this.#history.columns.at.at(-1) ?? Date.now() / 1_000) : undefined;
    const time = isHeld ? format.time(1_000 * this.#heldAt) : '';
    write('hold', isHeld ? 'Resume view' : 'Pause view');
    write('held', isHeld ? `Paused: charts and figures are from ${time}. The service keeps running.` : '');
    const view = document.getElementById('live-view');
    view.toggleAttribute('data-held', isHeld);
    for (const heading of view.querySelectorAll('h2:not(#h-try)')) {
      if (isHeld) heading.dataset.asOf = time;
      else delete heading.dataset.asOf;
    }
    if (isHeld) return this.#charts.hold();
    this.#charts.resume();
    const later = [...this.#later.values()];
    this.#later.clear();
    for (const draw of later) draw();
  }

  #choose(range) {
    localStorage.setItem(KEY, range.value);
    this.#charts.setRange(Number(range.value));
  }

  #pointOut(event) {
    this.#charts.pointOut(event);
    this.#charts.moveTo(event?.at);
  }

  /** With the shortest range that reaches back to it. */
  #lookAt(event) {
    const from = this.#ranges.findIndex(({ checked }) => checked);
    for (const range of this.#ranges.slice(from + 1)) {
      if (this.#charts.reaches(event.at)) break;
      range.checked = true;
      this.#choose(range);
    }
    this.#pointOut(event);
  }
}
