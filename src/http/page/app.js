import { forgetToken, hasToken, keepToken, subscribe } from './connection.js';
import * as format from './format.js';
import { startLetters } from './letters.js';
import { showModels } from './models.js';
import { startPeers } from './peers.js';
import { startPredict } from './predict.js';
import { gauge, showLetters, showPartitions, showStages, write } from './tables.js';
import { View } from './view.js';
import { showWhy } from './why.js';

/** So that all of them fit into the heading. */
const NAME_MAX = 200;

const view = new View();
let limits;
/** When the figures on the page were taken. */
let lastAt;

/** What the pill says while a check fails: the process runs, but not as anybody wants it to. */
const troubles = {
  broker: 'no broker',
  topics: 'topic missing',
  assigned: 'joining',
  transactions: 'not committing',
  readable: 'standing still',
  dead_letters: 'stopped',
  paused: 'paused',
};

startPredict();
const letters = startLetters();
const peers = startPeers((draw) => view.show('peers', draw));
void subscribe({
  hello(hello) {
    limits = hello.limits;
    const { build, labels } = hello;
    const [topic, group, model, modelVersion, version] = [
      labels.topic,
      labels.consumerGroup,
      build.model,
      build.modelVersion,
      build.version,
    ].map((name) => format.plain(name, NAME_MAX));
    const delivery = build.delivery.replaceAll('_', ' ');
    write('facts', `${topic} · group ${group} · ${delivery} · model ${model} (${modelVersion}) · ${version}`);
    document.title = `${group} · kubesentiment`;
    document.getElementById('forget').hidden = !hasToken();
    void view.connected();
    letters.connected();
    peers.connected();
  },
  sample(sample) {
    showHealth(sample);
    view.add(columnsOf(sample));
    view.show('sample', () => show(sample));
  },
  marks: (events) => view.mark(events),
  'dead-letters': (list) => view.show('letters', () => showLetters(list)),
  lost(reason) {
    markStale(document.getElementById('live-view'), true);
    showState(
      'no connection',
      'bad',
      lastAt === undefined ? reason : `${reason} Figures of ${format.time(lastAt)}.`,
    );
  },
  token: askForToken,
});

document.getElementById('forget').addEventListener('click', () => {
  forgetToken();
  location.reload();
});

/** Also while the view stands still: nobody should miss it. */
function showHealth(sample) {
  const problem = sample.ready.checks.find(({ ok }) => !ok);
  const isMeant = sample.state === 'starting' || problem?.name === 'paused';
  const level = problem === undefined ? 'good' : isMeant ? 'warn' : 'bad';
  const state = sample.state === 'running' ? (troubles[problem?.name] ?? sample.state) : sample.state;
  showState(state, level, problem?.reason ?? `for ${format.seconds(sample.uptimeSeconds)}`);
  lastAt = sample.at;
  markStale(document.getElementById('live-view'), false);
}

function show(sample) {
  const { processing, endToEnd, lag, counts, inflight, threads, batches, transactions } = sample;
  const hasBroker = !sample.ready.checks.some(({ name, ok }) => name === 'broker' && !ok);
  for (const id of ['tile-lag', 'panel-partitions']) markStale(document.getElementById(id), !hasBroker);

  write('throughput', format.rate(sample.throughput));
  write('processed', format.compact(counts.processed));
  showTimes('processing', processing);
  showTimes('endToEnd', endToEnd);
  write('lag', format.compact(lag.messages));
  write('lag-seconds', lag.messages === 0 ? '–' : format.seconds(lag.seconds));
  write('inflight', format.compact(inflight.messages));
  write('inflight-max', format.compact(limits.messages));
  write('inflight-bytes', format.bytes(inflight.bytes));
  write('inflight-bytes-max', format.bytes(limits.bytes));
  write('dead-letters', format.compact(counts.deadLetters));
  write('retried', format.compact(counts.retried));
  write('duplicate', format.compact(counts.duplicate));

  showPartitions(sample.partitions, lag.partitions, hasBroker);
  showStages(sample.stages);
  showWhy(sample.why);
  showModels(sample.models);
  showInside(sample, inflight, threads, batches, transactions);
}

function showInside(sample, inflight, threads, batches, transactions) {
  gauge('messages', inflight.messages, limits.messages, format.percent(inflight.messages / limits.messages));
  gauge('bytes', inflight.bytes, limits.bytes, format.percent(inflight.bytes / limits.bytes));
  gauge(
    'threads',
    threads.running,
    limits.inferenceThreads,
    `${threads.running} of ${threads.inference}, max ${limits.inferenceThreads}`,
  );
  gauge('rows', batches.mean, limits.batchRows, `${format.rate(batches.mean)}, max ${limits.batchRows}`);
  gauge('padding', batches.padding, 1, format.percent(batches.padding));
  write('waiting', format.count(sample.waiting));
  write('queued', format.count(threads.queued));
  write('consumers', format.count(threads.consumers));
  write('rebalances', format.count(sample.rebalances));
  write('committed', format.count(transactions.committed));
  write('aborted', format.count(transactions.aborted));
  write('transaction-p50', transactions.count === 0 ? '–' : format.ms(transactions.p50));
  write('transaction-p99', transactions.count === 0 ? '–' : format.ms(transactions.p99));
}

function showTimes(name, { count, ...times }) {
  for (const p of ['p50', 'p95', 'p99']) write(`${name}-${p}`, count === 0 ? '–' : format.ms(times[p]));
}

/** What the charts show of a sample. */
function columnsOf({ at, throughput, lag, processing, endToEnd }) {
  const times = { ...percentiles('processing', processing), ...percentiles('endToEnd', endToEnd) };
  return { at: at / 1_000, throughput, lag: lag.messages, ...times };
}

/** null leaves a gap in the chart where nothing was measured. */
function percentiles(name, { count, ...times }) {
  const { p50, p95, p99 } = count === 0 ? { p50: null, p95: null, p99: null } : times;
  return { [`${name}P50`]: p50, [`${name}P95`]: p95, [`${name}P99`]: p99 };
}

function markStale(element, isStale) {
  element.toggleAttribute('data-stale', isStale);
}

function showState(state, level, reason) {
  const pill = document.getElementById('state');
  if (pill.textContent !== state) pill.textContent = state;
  pill.dataset.level = level;
  write('reason', reason);
}

/** Resolves once a token has been entered. */
function askForToken() {
  const dialog = document.getElementById('token-dialog');
  const input = document.getElementById('token');
  if (hasToken()) write('token-hint', 'That token is not the right one.');
  forgetToken();
  showState('locked', 'quiet', '');
  input.value = '';
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener(
      'close',
      () => {
        if (input.value === '') return resolve(askForToken());
        keepToken(input.value);
        input.value = '';
        resolve();
      },
      { once: true },
    );
  });
}
