import * as format from './format.js';

const levels = { ok: 'quiet', behind: 'warn', paused: 'warn', stalled: 'bad', blocked: 'bad' };

/** Leaves unchanged text alone, so that selections and screen readers are not disturbed. */
export function write(id, text) {
  set(document.getElementById(id), text);
}

export function gauge(name, value, max, text) {
  setBar(document.getElementById(`m-${name}`), value / Math.max(1e-9, max), text);
  write(`v-${name}`, text);
}

/** `isKnown`: a broker has told lately how far they are. */
export function showPartitions(partitions, total, isKnown = true) {
  fill(
    'partitions',
    partitions.length === 0 ? 'None assigned' : undefined,
    partitions,
    ({ topic, partition }) => {
      const row = rowOf(cell(`${topic}-${partition}`, 'name'), cell('', 'n'), cell('', 'n'), cell(''));
      const pill = document.createElement('span');
      pill.className = 'pill';
      row.cells[3].append(pill);
      return row;
    },
  );
  const { rows } = document.getElementById('partitions');
  const isOneTopic = partitions.every(({ topic }) => topic === partitions[0].topic);
  partitions.forEach(({ topic, partition, lagMessages, lagSeconds, heldBack, holder, status, paused }, i) => {
    const [name, lag, oldest, state] = rows[i].cells;
    set(name, isOneTopic ? String(partition) : `${topic} ${partition}`);
    set(lag, format.count(lagMessages));
    set(oldest, lagMessages === 0 ? '–' : format.seconds(lagSeconds));
    const shown = paused ? 'paused' : isKnown ? status : 'unknown';
    set(state.firstChild, shown);
    state.firstChild.dataset.level = levels[shown] ?? 'quiet';
    const records = `${format.count(heldBack)} records behind an open transaction of ${holder}`;
    state.title = heldBack > 0 ? format.plain(records) : '';
  });
  const others = total - partitions.length;
  write('partitions-more', others > 0 ? `${format.count(others)} more, with less lag` : '');
}

export function showStages(stages) {
  fill('stages', undefined, stages, ({ stage }) => {
    const bar = document.createElement('progress');
    bar.setAttribute('aria-label', `${stage}: p95 compared with the other stages`);
    const wide = cell('', 'wide');
    wide.append(bar);
    return rowOf(cell(stage), cell('', 'n'), cell('', 'n'), wide);
  });
  const slowest = Math.max(1e-9, ...stages.map(({ p95 }) => p95));
  const { rows } = document.getElementById('stages');
  stages.forEach(({ count, p50, p95 }, i) => {
    const [, middle, high, wide] = rows[i].cells;
    set(middle, count === 0 ? '–' : format.ms(p50));
    set(high, count === 0 ? '–' : format.ms(p95));
    setBar(wide.firstChild, p95 / slowest, high.textContent);
  });
}

/** A bar in whole per cent: a screen reader would read out all of a fraction's digits. */
export function setBar(bar, share, text) {
  bar.max = 100;
  bar.value = Math.round(100 * Math.min(1, share));
  bar.setAttribute('aria-valuetext', text);
}

/** Where and why. The text of a message is never shown. */
export function showLetters(letters) {
  const body = document.getElementById('letters');
  const rows = letters.map(({ at, errorType, reason, topic, partition, offset }) =>
    rowOf(
      cell(format.time(at)),
      cell(errorType),
      cell(reason, 'name'),
      cell(`${topic}/${partition}/${offset}`, 'name dim'),
    ),
  );
  body.replaceChildren(...(rows.length > 0 ? rows : [emptyRow('None since the service started', 4)]));
}

/** Makes one row per item. Rows are reused until the number of items changes. */
function fill(id, empty, items, make) {
  const body = document.getElementById(id);
  if (empty !== undefined) body.replaceChildren(emptyRow(empty, 4));
  else if (body.rows.length !== items.length || body.querySelector('.none') !== null) {
    body.replaceChildren(...items.map(make));
  }
}

function emptyRow(text, columns) {
  const only = cell(text, 'none');
  only.colSpan = columns;
  return rowOf(only);
}

export function rowOf(...cells) {
  const row = document.createElement('tr');
  row.append(...cells);
  return row;
}

export function cell(text, className = '') {
  const element = document.createElement('td');
  element.className = className;
  element.textContent = format.plain(text);
  return element;
}

/** The same for an element. */
export function set(element, text) {
  const shown = format.plain(text);
  if (element.textContent !== shown) element.textContent = shown;
}
