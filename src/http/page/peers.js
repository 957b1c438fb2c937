// The processes of the group. The service asks them only while somebody looks: the view is open, the tab in front.
import { request } from './connection.js';
import * as format from './format.js';
import { cell, rowOf, set, write } from './tables.js';

const EVERY_MS = 1_000;
const FAILED_MS = 5_000;
/** No other process is configured; that can change while the service runs. */
const ALONE_MS = 60_000;
const SILENCE_MS = 8_000;
/** Processes that are named in a sentence. */
const NAMED_MAX = 3;

const view = document.getElementById('live-view');
const panel = document.getElementById('peers');
const body = document.getElementById('peers-rows');
/** The name of a column is beside each figure where there is no room for a heading. */
const columns = [
  'Process',
  'State',
  'Messages/s',
  'p99',
  'Lag, oldest',
  'Partitions',
  'In flight',
  'Model',
  'Version',
  'Up for',
];

/** When to ask again. */
let nextAt = 0;
let isWatching = false;

/** `draw` puts the figures on the page, at once or when the view no longer stands still. */
export function startPeers(draw) {
  return {
    /** There is a connection, so there is a token if one is needed. */
    connected() {
      nextAt = 0;
      if (!isWatching) void watch(draw);
    },
  };
}

async function watch(draw) {
  isWatching = true;
  for (;;) {
    if (!document.hidden && !view.hidden && performance.now() >= nextAt) {
      const pauseMs = await look(draw);
      nextAt = performance.now() + pauseMs;
    }
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
  }
}

/** How long to wait before the next look. */
async function look(draw) {
  try {
    const response = await request('/api/v1/peers', { signal: AbortSignal.timeout(SILENCE_MS) });
    if (response.status === 401) return Number.POSITIVE_INFINITY; // until there is another token
    if (!response.ok) return FAILED_MS;
    const report = await response.json();
    const isAlone = report.addresses === 0;
    draw(() => {
      panel.hidden = isAlone;
      if (!isAlone) show(report);
    });
    return isAlone ? ALONE_MS : 0;
  } catch {
    return FAILED_MS; // the heading says that nobody answers
  }
}

function show({ peers, total, differences, not_asked: notAsked }) {
  showNotes(peers, differences, notAsked);
  if (body.rows.length !== peers.length) body.replaceChildren(...peers.map(makeRow));
  for (const [i, peer] of peers.entries()) showRow(body.rows[i], peer);
  write(
    'peers-answering',
    `${format.count(total.processes)} of ${format.count(peers.length + notAsked)} answer`,
  );
  const sums = figuresOf(total);
  for (const name of ['rate', 'lag', 'partitions', 'inflight']) write(`peers-${name}`, sums[name]);
  write('peers-p99', total.processing_p99_ms === null ? '–' : `max ${sums.p99}`);
}

/** What somebody should know of the group. */
function showNotes(peers, differences, notAsked) {
  const silent = peers.filter(({ status }) => status === 'no_answer').length;
  const notes = differences.map(sentenceOf);
  if (silent > 0) notes.push(`${silent === 1 ? 'One process does' : `${silent} processes do`} not answer.`);
  if (notAsked > 0) notes.push(`${format.count(notAsked)} more processes are not asked.`);
  const list = document.getElementById('peers-notes');
  const content = JSON.stringify(notes);
  if (list.dataset.content === content) return; // or it would be read out every second
  list.dataset.content = content;
  list.hidden = notes.length === 0;
  list.replaceChildren(
    ...notes.map((note) => {
      const item = document.createElement('li');
      item.textContent = format.plain(note);
      return item;
    }),
  );
}

const differing = {
  group: 'They belong to different groups',
  version: 'They run different versions',
  model: 'They use different models',
  configuration: 'They have different configurations',
};

function sentenceOf({ what, values }) {
  const parts = values.map(({ value, processes }) => `${value} in ${someOf(processes)}`);
  const how =
    what === 'configuration' ? ' "kubesentiment config diff --config FILE --url URL" shows how.' : '';
  return `${differing[what]}: ${parts.join('; ')}.${how}`;
}

function someOf(names) {
  const named = names.slice(0, NAMED_MAX).join(', ');
  return names.length > NAMED_MAX ? `${named} and ${names.length - NAMED_MAX} more` : named;
}

function makeRow() {
  const cells = columns.map((name, i) => {
    const made = cell('', i >= 2 && i <= 6 ? 'n' : i === 7 ? 'name' : '');
    made.dataset.name = name;
    return made;
  });
  const [process, state] = cells;
  process.append(document.createElement('a'), line());
  const pill = document.createElement('span');
  pill.className = 'pill';
  state.append(pill, line());
  return rowOf(...cells);
}

function line() {
  const small = document.createElement('span');
  small.className = 'more';
  return small;
}

function showRow(row, { self, url, status, reason, age_s: age, figures }) {
  const [process, state, rate, p99, lag, partitions, inflight, model, version, up] = row.cells;
  row.toggleAttribute('data-silent', status !== 'ok');
  row.toggleAttribute('data-empty', figures === null);
  const place = url === null ? '' : url.replace(/^https?:\/\/|\/$/g, '');
  const [link, where] = process.children;
  const name = figures?.name ?? place;
  set(link, name);
  // Without an address it is no link: this page is its page.
  if (self || url === null) link.removeAttribute('href');
  else if (link.getAttribute('href') !== url) link.href = url;
  link.rel = 'noopener noreferrer';
  set(where, self ? 'this process' : name === place ? '' : place);

  const [pill, why] = state.children;
  const { text, level } = stateOf(status, figures);
  set(pill, text);
  pill.dataset.level = level;
  const old = status === 'ok' || age === null ? '' : `Figures from ${format.seconds(age)} ago.`;
  set(why, [reason ?? figures?.problem?.reason, old].filter(Boolean).join(' '));

  const shown = figures === null ? {} : figuresOf(figures);
  set(rate, shown.rate ?? '–');
  set(p99, shown.p99 ?? '–');
  set(lag, shown.lag ?? '–');
  set(partitions, shown.partitions ?? '–');
  set(inflight, shown.inflight ?? '–');
  set(model, figures === null ? '–' : modelOf(figures));
  set(version, figures?.version ?? '–');
  set(up, figures === null ? '–' : format.seconds(figures.uptime_s));
}

function stateOf(status, figures) {
  if (status === 'no_answer') return { text: 'no answer', level: 'bad' };
  if (status === 'asking') return { text: 'asking', level: 'quiet' };
  const { state, ready, problem } = figures;
  if (ready) return { text: state, level: 'good' };
  if (problem?.check === 'paused') return { text: 'paused', level: 'warn' };
  if (state === 'running')
    return { text: 'not ready', level: problem?.check === 'assigned' ? 'warn' : 'bad' };
  return { text: state, level: state === 'failed' ? 'bad' : 'warn' };
}

/** Of a process, or of all together. */
function figuresOf(figures) {
  const { throughput_tps: rate, processing_p99_ms: p99, inflight_messages: inflight } = figures;
  const { lag_messages: lag, lag_s: oldest, partitions, paused_partitions: paused } = figures;
  return {
    rate: rate === null ? '–' : format.rate(rate),
    p99: p99 === null ? '–' : format.ms(p99),
    lag: lag === 0 ? '0' : `${format.compact(lag)}, ${format.seconds(oldest)}`,
    partitions: paused === 0 ? format.count(partitions) : `${format.count(partitions)}, ${paused} paused`,
    inflight: inflight === null ? '–' : format.compact(inflight),
  };
}

function modelOf({ model, model_version: version }) {
  if (model === null) return '–';
  return version === null ? model : `${model} (${version})`;
}
