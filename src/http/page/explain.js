// The words of a sentence, marked by what they contribute to its label.
import * as format from './format.js';

/** Words below this share of the largest weight are left unmarked. */
const SHARE_MIN = 0.1;
/** Steps of a colour. */
const STEPS = 4;

/** What is shown of an answer with an explanation: the sentence with its marks, and how to read them. */
export function explained(text, { explanation }) {
  const { words, label, unit, start, end } = explanation;
  if (words.length === 0) return [];
  const largest = Math.max(...words.map(({ weight }) => Math.abs(weight)));
  const sentence = document.createElement('p');
  sentence.className = 'words';
  let at = start;
  for (const word of words) {
    sentence.append(format.block(text.slice(at, word.start)), marked(text, word, largest, label));
    at = word.end;
  }
  sentence.append(format.block(text.slice(at, end)));
  const rest = text.length - (end - start);
  return [sentence, key(label, unit, rest > 0)];
}

/** The sign and the line below tell what the colour tells. */
function marked(text, { start, end, weight }, largest, label) {
  const shown = format.block(text.slice(start, end));
  const share = largest === 0 ? 0 : Math.abs(weight) / largest;
  if (share < SHARE_MIN) return shown;
  const ruby = document.createElement('ruby');
  ruby.dataset.sign = weight < 0 ? 'against' : 'for';
  ruby.dataset.step = String(Math.ceil(share * STEPS));
  ruby.title = `${weight < 0 ? 'Against' : 'For'} ${format.plain(label)}`;
  const number = document.createElement('rt');
  number.textContent = format.signed(weight);
  ruby.append(shown, number);
  return ruby;
}

function key(label, unit, isPart) {
  const line = document.createElement('p');
  line.className = 'more';
  const what = unit === 'log_odds' ? 'in log-odds' : 'in its value';
  const name = format.plain(label);
  line.textContent =
    `+ speaks for ${name}, \u2212 against it: how much less does without the word, ${what}.` +
    (isPart ? ' The rest of the sentence was not read.' : '');
  return line;
}
