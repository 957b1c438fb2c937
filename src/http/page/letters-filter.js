// The filter of the dead letters: the form and the address, which say the same. Whoever gets the address sees the same.
import * as format from './format.js';

const PREFIX = '#dead-letters';
const REASONS = [
  'invalid_json',
  'invalid_message',
  'too_large',
  'decrypt_failed',
  'inference_failed',
  'timeout',
  'produce_failed',
  'commit_failed',
  'internal',
];

const field = (id) => document.getElementById(`filter-${id}`);

/** Whether the address is that of the dead letters. */
export function isLettersAddress() {
  return location.hash === PREFIX || location.hash.startsWith(`${PREFIX}?`);
}

export function addReasons() {
  const options = REASONS.map((reason) => {
    const label = document.createElement('label');
    const box = document.createElement('input');
    const count = document.createElement('span');
    box.type = 'checkbox';
    box.value = reason;
    count.className = 'count';
    count.id = `count-${reason}`;
    label.append(box, reason, count);
    return label;
  });
  field('reasons').replaceChildren(...options);
}

/** Fills in the form from the address. What it does not know in there is ignored. */
export function readAddress() {
  const params = new URLSearchParams(location.hash.slice(PREFIX.length + 1));
  const reasons = params.getAll('reason').flatMap((list) => list.split(','));
  for (const box of boxes()) box.checked = reasons.includes(box.value);
  field('from').value = params.get('from') ?? '';
  field('to').value = params.get('to') ?? '';
  field('partition').value = params
    .getAll('partition')
    .flatMap((list) => list.split(','))
    .join(', ');
  const replayed = params.get('replayed');
  field('replayed').value = ['yes', 'no'].includes(replayed) ? replayed : '';
}

/** The address of what the form says. */
export function addressOfForm() {
  const { reasons, partitions, from, to, replayed } = readForm();
  const params = new URLSearchParams();
  if (reasons.length > 0) params.set('reason', reasons.join(','));
  if (partitions.length > 0) params.set('partition', partitions.join(','));
  if (from !== '') params.set('from', from);
  if (to !== '') params.set('to', to);
  if (replayed !== '') params.set('replayed', replayed);
  const query = params.toString().replaceAll('%2C', ',').replaceAll('%3A', ':');
  return query === '' ? PREFIX : `${PREFIX}?${query}`;
}

export function readForm() {
  return {
    reasons: boxes()
      .filter(({ checked }) => checked)
      .map(({ value }) => value),
    partitions: field('partition')
      .value.split(/[\s,]+/)
      .filter((part) => part !== ''),
    from: field('from').value.trim(),
    to: field('to').value.trim(),
    replayed: field('replayed').value,
  };
}

/** As the service wants it. */
export function queryOf({ reasons, partitions, from, to, replayed }, limit) {
  const params = new URLSearchParams({ limit: String(limit) });
  for (const reason of reasons) params.append('reason', reason);
  for (const partition of partitions) params.append('partition', partition);
  if (from !== '') params.set('since', from);
  if (to !== '') params.set('until', to);
  if (replayed !== '') params.set('replayed', replayed);
  return params.toString();
}

/** Beside each reason, how many there are of it; undefined: nobody knows. */
export function showCounts(byReason) {
  for (const reason of REASONS) {
    const count = byReason?.[reason];
    document.getElementById(`count-${reason}`).textContent = count === undefined ? '' : format.count(count);
  }
}

function boxes() {
  return [...field('reasons').querySelectorAll('input')];
}
