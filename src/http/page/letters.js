// The view of the dead letters. It reads a topic, so it asks only when somebody opens it or presses the button.
import { ask } from './ask.js';
import * as format from './format.js';
import { showHistogram } from './histogram.js';
import { openLetter, startLetter } from './letter.js';
import {
  addReasons,
  addressOfForm,
  isLettersAddress,
  queryOf,
  readAddress,
  readForm,
  showCounts,
} from './letters-filter.js';
import { offerReplay, startReplay } from './replay.js';
import { cell, rowOf, write } from './tables.js';

const PAGE = 100;
const LIMIT_MAX = 1_000;

const live = document.getElementById('live-view');
const view = document.getElementById('letters-view');
const apply = document.getElementById('filter-apply');
const found = document.getElementById('found-letters');
const more = document.getElementById('found-more');

let limit = PAGE;
/** Counts up with each request: only the answer to the last one is shown. */
let asked = 0;
/** The service reads for one request at a time. */
let reading = Promise.resolve();
/** What the address says, whatever has been changed in the form since. */
let filter = readForm();
/** The last request was refused for want of a token, or nobody answered. */
let isWanting = false;

export function startLetters() {
  addReasons();
  startLetter();
  startReplay(() => load({ keepResult: true }));
  addEventListener('hashchange', route);
  document.getElementById('filter').addEventListener('submit', (event) => {
    event.preventDefault();
    const address = addressOfForm();
    if (location.hash === address) route();
    else location.hash = address; // and the listener does the rest
  });
  document.getElementById('skip').addEventListener('click', (event) => {
    event.preventDefault(); // it is not another address
    document.getElementById('main').focus();
  });
  route();
  return {
    /** There is a connection, so there is a token if one is needed. */
    connected() {
      if (isWanting && isLettersAddress()) void load();
    },
  };
}

function route() {
  const isLetters = isLettersAddress();
  live.hidden = isLetters;
  view.hidden = !isLetters;
  for (const [id, isHere] of [
    ['to-live', !isLetters],
    ['to-letters', isLetters],
  ]) {
    const link = document.getElementById(id);
    if (isHere) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  if (!isLetters) return;
  readAddress();
  filter = readForm();
  limit = PAGE;
  void load();
}

function load({ keepResult = false } = {}) {
  const mine = ++asked;
  apply.disabled = true;
  isWanting = false;
  view.setAttribute('aria-busy', 'true');
  write('found', 'Reading the dead letters');
  reading = reading.then(async () => {
    if (mine !== asked) return;
    await read(mine, keepResult);
    if (mine !== asked) return;
    apply.disabled = false;
    view.removeAttribute('aria-busy');
  });
  return reading;
}

async function read(mine, keepResult) {
  const wanted = filter;
  try {
    const overview = await ask(`/api/v1/dlq/overview?${queryOf(wanted, limit)}`);
    if (mine !== asked) return;
    showFound(overview);
    const isOffered = overview.hasToken && wanted.replayed !== 'yes' && overview.total > 0;
    offerReplay(isOffered || keepResult ? selectionOf(wanted, overview) : undefined, { keepResult });
  } catch (error) {
    if (mine !== asked) return;
    isWanting = error.status === 401 || error.status === undefined;
    showProblem(error, keepResult);
  }
}

/** What a replay sends: the same as is shown, and nothing that was written after. */
function selectionOf({ reasons, partitions }, { since, until }) {
  return {
    ...(reasons.length > 0 && { reasons }),
    ...(partitions.length > 0 && { partitions: partitions.map(Number) }),
    ...(since !== undefined && { since }),
    until,
  };
}

function showProblem({ status, message }, keepResult) {
  const advice = {
    401: 'Enter the token to see the dead letters.',
    404: 'This service writes no dead letters. Set kafka.dlq_enabled to true to have them, and to see them here.',
  };
  write('found', advice[status] ?? message);
  document.getElementById('found').dataset.level = advice[status] === undefined ? 'bad' : 'quiet';
  document.getElementById('found-scroll').hidden = true;
  showHistogram(document.getElementById('histogram'), { counts: [] });
  showCounts(undefined);
  found.replaceChildren();
  more.replaceChildren();
  if (!keepResult) offerReplay(undefined);
}

function showFound(overview) {
  const { letters, total, replayed, byReason, byPartition, histogram, hasToken, isCut } = overview;
  const left = total - replayed;
  const partitions = Object.keys(byPartition).length;
  const where = partitions > 1 ? ` in ${format.count(partitions)} partitions` : '';
  const sentence = `${format.count(total)}${where}, ${format.count(left)} of them not replayed`;
  const cut = isCut
    ? '. There are more: only part of the topic has been read, so narrow down the partitions'
    : '';
  const hint = hasToken
    ? ''
    : '. To read headers and values and to replay, set http.token in the configuration';
  write('found', `${total === 0 ? 'None match this filter' : sentence}${cut}${hint}.`);
  document.getElementById('found').dataset.level = 'quiet';
  showCounts(byReason);
  showHistogram(document.getElementById('histogram'), histogram);
  document.getElementById('found-scroll').hidden = letters.length === 0;
  found.replaceChildren(...letters.map((letter) => rowFor(letter, hasToken)));
  showMore(letters.length, total);
}

function rowFor(letter, hasToken) {
  const { partition, offset, origin, reason, sentence, stage, attempts, replays, isReplayed } = letter;
  const request = origin === undefined ? '–' : `${origin.topic}/${origin.partition}/${origin.offset}`;
  const times = replays > 0 ? `, ${format.count(replays)} before` : '';
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'plain';
  button.textContent = 'Open';
  button.setAttribute('aria-label', `Open dead letter ${partition}/${offset}`);
  button.addEventListener('click', () => void openLetter(letter, hasToken));
  const last = cell('');
  last.append(button);
  return rowOf(
    cell(format.dateTime(letter.timestamp), 'when dim'),
    cell(reason ?? 'foreign'),
    cell(sentence, 'name'),
    cell(stage || '–', 'stage'),
    cell(format.count(attempts), 'n'),
    cell(`${isReplayed ? 'yes' : 'not yet'}${times}`),
    cell(request, 'name dim'),
    last,
  );
}

function showMore(shown, total) {
  if (shown === total) return more.replaceChildren();
  const text = `The newest ${format.count(shown)} of ${format.count(total)}. `;
  if (limit >= LIMIT_MAX) return more.replaceChildren(`${text}Narrow down the filter to see others.`);
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'plain';
  button.textContent = 'Show more';
  button.addEventListener('click', () => {
    limit = Math.min(LIMIT_MAX, 3 * limit);
    void load();
  });
  more.replaceChildren(text, button);
}
