// One dead letter in a dialog. What its producer wrote is shown as text, its value only when somebody asks for it.
import { ask } from './ask.js';
import * as format from './format.js';

const dialog = document.getElementById('letter');
const headers = document.getElementById('letter-headers');
const value = document.getElementById('letter-value');
const show = document.getElementById('letter-show');

/** The one that is open: a late answer for another one is dropped. */
let open;

export function startLetter() {
  document.getElementById('letter-close').addEventListener('click', () => dialog.close());
  dialog.addEventListener('close', () => {
    open = undefined;
    headers.replaceChildren();
    value.replaceChildren(); // nothing of it stays in the page
  });
  show.addEventListener('click', async () => {
    const letter = open;
    show.disabled = true;
    const parts = await fetchParts('value', letter, (answer) => [
      ...part('Key', answer.key),
      ...part('Value', answer.value),
    ]);
    if (open !== letter) return;
    value.replaceChildren(...parts);
    show.disabled = false;
  });
}

/** `hasToken`: the service lets somebody with its token read headers and values. */
export async function openLetter(letter, hasToken) {
  open = letter;
  showFacts(letter);
  show.hidden = !hasToken;
  show.disabled = false;
  value.replaceChildren(...(hasToken ? [] : [line('Set http.token in the configuration to read it here.')]));
  headers.replaceChildren(
    line(hasToken ? 'Loading' : 'Set http.token in the configuration to read them here.'),
  );
  dialog.showModal();
  if (!hasToken) return;
  const parts = await fetchParts('headers', letter, ({ headers: found, more }) => [
    found.length === 0 ? line('None') : tableOf(found),
    ...(more ? [line('There are more.')] : []),
  ]);
  if (open === letter) headers.replaceChildren(...parts);
}

async function fetchParts(path, { partition, offset }, make) {
  try {
    return make(await ask(`/api/v1/dlq/${path}`, { partition, offset }));
  } catch (error) {
    return [line(error.message)];
  }
}

function showFacts(letter) {
  const { partition, offset, origin, reason, sentence, stage, attempts, replays, isReplayed } = letter;
  document.getElementById('h-letter').textContent = `Dead letter ${partition}/${offset}`;
  const facts = {
    Reason: reason ?? 'not written by this program',
    'What happened': sentence,
    Stage: stage,
    Attempts: String(attempts),
    Request: origin && `${origin.topic}/${origin.partition}/${origin.offset}`,
    'First failed': format.dateTime(Date.parse(letter.firstFailedAt)),
    Written: format.dateTime(letter.timestamp),
    Replayed: `${isReplayed ? 'yes' : 'not yet'}${replays > 0 ? `, ${format.count(replays)} before` : ''}`,
    Size: format.bytes(letter.bytes),
  };
  const rows = Object.entries(facts).filter(([, text]) => text);
  document
    .getElementById('letter-facts')
    .replaceChildren(
      ...rows.flatMap(([name, text]) => [element('dt', name), element('dd', format.plain(text))]),
    );
}

function tableOf(found) {
  const table = element('table', '');
  table.className = 'headers';
  const body = table.createTBody();
  for (const header of found) {
    const row = body.insertRow();
    const name = element('th', format.plain(header.name));
    name.scope = 'row';
    row.append(name, element('td', `${textOf(header)}${cutMark(header)}`));
  }
  return table;
}

function part(name, content) {
  const title = `${name}, ${content.encoding === 'none' ? 'none' : format.bytes(content.bytes)}`;
  const kind = content.encoding === 'hex' ? ', not a text: its bytes in hexadecimal' : '';
  const box = element('pre', textOf(content));
  box.tabIndex = 0;
  box.setAttribute('aria-label', name);
  const end = content.isCut ? [line('It goes on: only the beginning is shown.')] : [];
  return [line(`${title}${kind}`), ...(content.encoding === 'none' ? [] : [box, ...end])];
}

function textOf({ encoding, content }) {
  if (encoding === 'text') return format.block(content);
  return content.replace(/(..)(?=.)/g, '$1 ');
}

function cutMark({ isCut }) {
  return isCut ? ' … (cut)' : '';
}

function line(text) {
  const paragraph = element('p', text);
  paragraph.className = 'more';
  return paragraph;
}

function element(name, text) {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}
