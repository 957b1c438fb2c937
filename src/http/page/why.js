import * as format from './format.js';
import { write } from './tables.js';

const levels = { ok: 'good', slow: 'warn', stuck: 'bad' };

/** What limits the service, what to do about it, and what else is worth knowing. */
export function showWhy({ limit, severity, sentence, remedy, also }) {
  const panel = document.getElementById('why');
  document.getElementById('why-severity').dataset.level = levels[severity];
  write('why-severity', severity);
  write('why-sentence', sentence);
  write('why-remedy', remedy ?? '');
  showAlso(also.map((each) => `${each.sentence} ${each.remedy ?? ''}`));
  if (panel.dataset.limit === limit) return;
  // The figures change every second; nobody wants to have them read out each time.
  panel.dataset.limit = limit;
  write('why-said', sentence);
}

function showAlso(texts) {
  const list = document.getElementById('why-also');
  list.hidden = texts.length === 0;
  while (list.children.length > texts.length) list.lastChild.remove();
  while (list.children.length < texts.length) list.append(document.createElement('li'));
  texts.forEach((text, i) => {
    const shown = format.plain(text);
    if (list.children[i].textContent !== shown) list.children[i].textContent = shown;
  });
}
