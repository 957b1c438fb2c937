import { request } from './connection.js';
import * as format from './format.js';
import { setBar } from './tables.js';

const form = document.getElementById('predict');
const sentence = document.getElementById('sentence');
const button = document.getElementById('classify');
const verdict = document.getElementById('verdict');

/** The form that classifies a sentence. Enter submits it, Shift+Enter starts a new line. */
export function startPredict() {
  sentence.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  });
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (button.disabled) return;
    button.disabled = true;
    try {
      verdict.replaceChildren(...(await classify(sentence.value)));
    } catch {
      verdict.replaceChildren(line('The service is not responding.'));
    } finally {
      button.disabled = false;
    }
  });
}

async function classify(text) {
  const startedAt = performance.now();
  const response = await request('/api/v1/predict', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ text }),
  });
  const answer = await response.json();
  if (!response.ok) return [line(answer.error.message)];
  const label = document.createElement('strong');
  label.textContent = format.plain(answer.label);
  const bar = document.createElement('progress');
  setBar(bar, answer.score, format.percent(answer.score));
  bar.setAttribute('aria-label', 'Score');
  const truncated = answer.truncated ? ', the end of the sentence was cut off' : '';
  const took = format.ms(performance.now() - startedAt);
  return [label, bar, line(`Score ${format.percent(answer.score)}, answered in ${took}${truncated}`)];
}

function line(text) {
  const paragraph = document.createElement('p');
  paragraph.className = 'more';
  paragraph.textContent = format.plain(text);
  return paragraph;
}
