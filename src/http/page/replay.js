// Replay of a selection: a dry run, then the same selection for real, in steps that can be stopped between.
import { ask } from './ask.js';
import * as format from './format.js';
import { setBar } from './tables.js';

/** How many a request replays: after each there is progress to show. */
const STEP = 1_000;
/** The most that a dry run counts. */
const LIMIT = 10_000;

const dry = document.getElementById('replay-dry');
const run = document.getElementById('replay-run');
const stop = document.getElementById('replay-stop');
const bar = document.getElementById('replay-progress');
const result = document.getElementById('replay-result');

const skips = {
  alreadyReplayed: 'already replayed',
  loops: 'replayed too often',
  foreign: 'not written by this program',
  otherTopic: 'from a topic that is not in kafka.topic',
  withoutValue: 'without their value',
};

let selection;
let planned = 0;
let isStopped = false;
let isRunning = false;

/** `onDone` is called after dead letters were sent. */
export function startReplay(onDone) {
  dry.addEventListener('click', () => busy(dryRun));
  run.addEventListener('click', () => busy(() => replay(onDone)));
  stop.addEventListener('click', () => {
    isStopped = true;
    stop.disabled = true;
  });
}

/** A new selection; undefined: there is nothing to replay. The result of a replay stays until the filter changes. */
export function offerReplay(chosen, { keepResult = false } = {}) {
  selection = chosen;
  document.getElementById('panel-replay').hidden = chosen === undefined;
  if (isRunning || keepResult) return;
  run.hidden = true;
  bar.hidden = true;
  result.replaceChildren();
}

async function busy(work) {
  if (isRunning) return;
  isRunning = true;
  dry.disabled = true;
  run.disabled = true;
  try {
    await work();
  } catch (error) {
    result.append(line(error.message, 'problem'));
  } finally {
    isRunning = false;
    dry.disabled = false;
    run.disabled = false;
    stop.hidden = true;
  }
}

async function dryRun() {
  run.hidden = true;
  bar.hidden = true;
  result.replaceChildren(line('Counting'));
  const chosen = selection;
  const report = await ask('/api/v1/dlq/replay', { ...chosen, dryRun: true, limit: LIMIT }).catch((error) => {
    result.replaceChildren();
    throw error;
  });
  planned = report.replayed;
  const atLeast = report.stopped ? 'at least ' : '';
  const heading = `Dry run: ${atLeast}${messages(planned)} would be replayed${listOf(report.byReason)}.`;
  // A replay notes how far it got by reason and partition: what lies before that is taken for replayed.
  const older =
    'Older ones of the same reason and partition will count as replayed, too: leave "From" empty to send them.';
  const warning = planned > 0 && chosen.since !== undefined ? [line(older, 'more')] : [];
  result.replaceChildren(line(heading), ...warning, ...skippedLines(report));
  if (chosen !== selection || planned === 0) return;
  run.textContent = `Replay ${messages(planned)}${report.stopped ? ' and more' : ''}`;
  run.hidden = false;
}

async function replay(onDone) {
  run.hidden = true;
  isStopped = false;
  stop.hidden = false;
  stop.disabled = false;
  bar.hidden = false;
  const chosen = selection;
  const byReason = {};
  let done = 0;
  let report;
  const show = (title) =>
    result.replaceChildren(line(`${title}: ${messages(done)}${listOf(byReason)}.`), ...skippedLines(report));
  try {
    do {
      setBar(bar, done / Math.max(1, planned), messages(done));
      result.replaceChildren(line(`Replaying: ${format.count(done)} of ${format.count(planned)}`));
      report = await ask('/api/v1/dlq/replay', { ...chosen, dryRun: false, limit: STEP });
      done += report.replayed;
      for (const [reason, count] of Object.entries(report.byReason))
        byReason[reason] = (byReason[reason] ?? 0) + count;
    } while (report.stopped && report.replayed > 0 && !isStopped);
    setBar(bar, report.stopped ? done / Math.max(1, planned) : 1, messages(done));
    show(report.stopped ? 'Stopped. Replayed' : 'Done. Replayed');
  } catch (error) {
    show('Interrupted. Replayed at least');
    result.append(line('A dry run tells what is left: nothing is replayed twice.'));
    throw error;
  } finally {
    onDone();
  }
}

function skippedLines(report) {
  if (report === undefined) return [];
  const reasons = Object.entries(skips).filter(([name]) => report.skipped[name] > 0);
  const refused = report.refused.map(({ partition, offset }) => `${partition}/${offset}`).join(', ');
  return [
    ...reasons.map(([name, text]) => line(`Skipped: ${format.count(report.skipped[name])} ${text}`, 'more')),
    ...(refused === '' ? [] : [line(`Refused: ${refused}`, 'more')]),
  ];
}

function listOf(byReason) {
  const counts = Object.entries(byReason).map(([reason, count]) => `${reason} ${format.count(count)}`);
  return counts.length === 0 ? '' : ` (${counts.join(', ')})`;
}

function messages(count) {
  return count === 1 ? '1 message' : `${format.count(count)} messages`;
}

function line(text, className = '') {
  const paragraph = document.createElement('p');
  paragraph.className = className;
  paragraph.textContent = format.plain(text);
  return paragraph;
}
