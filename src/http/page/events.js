// What has happened, as a list: the marks on the charts for people who do not see them, or want to know more.
import * as format from './format.js';
import { KEPT_S } from './history.js';
import { nameOf } from './marks.js';
import { cell, rowOf, write } from './tables.js';

const EVENTS_MAX = 400;
const levels = { info: 'quiet', warn: 'warn', bad: 'bad' };
const steps = { ArrowDown: 1, ArrowUp: -1, Home: -Infinity, End: Infinity };

/** `onPoint(event)`: it has the focus or the mouse, undefined: none has. `onChoose(event)`: it was pressed. */
export class Events {
  #events = [];
  #rows = new Map();
  #body = document.getElementById('events');
  #options;

  constructor(options) {
    this.#options = options;
    this.#body.addEventListener('keydown', (event) => this.#onKey(event));
  }

  /** Oldest first. */
  get list() {
    return this.#events;
  }

  /** Takes over events: new ones, and those that have happened again. */
  add(events) {
    const byKey = new Map();
    for (const event of [...this.#events, ...events]) {
      const known = byKey.get(keyOf(event));
      // What the service has kept may be older than what it has told since.
      if (known === undefined || known.count <= event.count) byKey.set(keyOf(event), event);
    }
    this.#events = [...byKey.values()].sort((a, b) => a.at - b.at).slice(-EVENTS_MAX);
  }

  /** The last of them is read out, once however often it happens. */
  announce(events) {
    const first = events.findLast(({ count }) => count === 1);
    if (first !== undefined) write('events-said', nameOf(first));
  }

  /** `now`: seconds since 1970. What was longer ago than an hour, or lies in the future, is forgotten. */
  prune(now) {
    const isKept = ({ at }) => at > now - KEPT_S && at <= now + 1;
    if (!this.#events.every(isKept)) this.#events = this.#events.filter(isKept);
  }

  /** Shows them newest first. Rows stay where they are, so that the focus does. */
  show() {
    const keys = new Set(this.#events.map(keyOf));
    for (const [key, row] of this.#rows) {
      if (keys.has(key)) continue;
      row.remove();
      this.#rows.delete(key);
    }
    this.#events.toReversed().forEach((event, i) => {
      const row = this.#rows.get(keyOf(event)) ?? this.#make(event);
      if (this.#body.rows[i] !== row) this.#body.insertBefore(row, this.#body.rows[i] ?? null);
      const { detail, count } = event;
      const texts = [format.plain(detail, 300), count > 1 ? `${format.count(count)} times` : ''];
      texts.forEach((text, column) => {
        const shown = row.cells[2 + column];
        if (shown.textContent !== text) shown.textContent = text;
      });
    });
    document.getElementById('events-none').hidden = keys.size > 0;
    document.getElementById('events-scroll').hidden = keys.size === 0;
    const buttons = this.#buttons();
    if (buttons.length > 0 && !buttons.some(({ tabIndex }) => tabIndex === 0)) buttons[0].tabIndex = 0;
  }

  #make(event) {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'plain';
    button.tabIndex = -1; // one of them is in the order of Tab, the arrow keys lead to the others
    button.textContent = format.time(1_000 * event.at);
    const pill = document.createElement('span');
    pill.className = 'pill';
    pill.dataset.level = levels[event.level] ?? 'quiet';
    pill.textContent = format.plain(event.title);
    const row = rowOf(cell(''), cell(''), cell('', 'name'), cell('', 'n'));
    row.cells[0].append(button);
    row.cells[1].append(pill);
    const { onPoint, onChoose } = this.#options;
    button.addEventListener('focus', () => onPoint(event));
    button.addEventListener('blur', () => onPoint(undefined));
    button.addEventListener('click', () => onChoose(event));
    row.addEventListener('mouseenter', () => onPoint(event));
    row.addEventListener('mouseleave', () => onPoint(undefined));
    this.#rows.set(keyOf(event), row);
    return row;
  }

  #onKey(event) {
    const step = steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const buttons = this.#buttons();
    const at = buttons.indexOf(document.activeElement);
    const next = Math.max(0, Math.min(buttons.length - 1, at + step));
    for (const button of buttons) button.tabIndex = -1;
    buttons[next].tabIndex = 0;
    buttons[next].focus();
  }

  #buttons() {
    return [...this.#body.querySelectorAll('button')];
  }
}

function keyOf({ at, name }) {
  return `${at} ${name}`;
}
