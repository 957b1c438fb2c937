import { request } from './connection.js';
import { explained } from './explain.js';
import * as format from './format.js';
import { setBar } from './tables.js';

const form = document.getElementById('predict');
const sentence = document.getElementById('sentence');
const button = document.getElementById('classify');
const verdict = document.getElementById('verdict');
const words = document.getElementById('words');

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
    earlier.abort();
    words.replaceChildren();
    const text = sentence.value;
    try {
      const startedAt = performance.now();
      const { ok, answer } = await predict('/api/v1/predict', text);
      const parts = ok ? verdictOf(answer, performance.now() - startedAt) : [line(answer.error.message)];
      verdict.replaceChildren(...parts);
      if (ok) void explain(text);
    } catch {
      verdict.replaceChildren(line('The service is not responding.'));
    } finally {
      button.disabled = false;
    }
  });
}

/** The explanation that is on its way: of an earlier sentence once there is another one. */
let earlier = new AbortController();

/** After the label, since this takes many times as long. */
async function explain(text) {
  earlier = new AbortController();
  const { signal } = earlier;
  try {
    const { ok, answer } = await predict('/api/v1/predict?explain=true', text, signal);
    if (!signal.aborted)
      words.replaceChildren(...(ok ? explained(text, answer) : [line(answer.error.message)]));
  } catch {
    if (!signal.aborted) words.replaceChildren(line('The service is not responding.'));
  }
}

async function predict(path, text, signal) {
  const headers = { 'content-type': 'application/json' };
  const response = await request(path, { method: 'POST', headers, body: JSON.stringify({ text }), signal });
  return { ok: response.ok, answer: await response.json() };
}

function verdictOf(answer, tookMs) {
  const label = document.createElement('strong');
  label.textContent = format.plain(answer.label);
  const bar = document.createElement('progress');
  setBar(bar, answer.score, format.percent(answer.score));
  bar.setAttribute('aria-label', 'Score');
  const truncated = answer.truncated ? ', the end of the sentence was cut off' : '';
  const sentenceBelow = `Score ${format.percent(answer.score)}, answered in ${format.ms(tookMs)}${truncated}`;
  return [label, bar, line(sentenceBelow)];
}

function line(text) {
  const paragraph = document.createElement('p');
  paragraph.className = 'more';
  paragraph.textContent = format.plain(text);
  return paragraph;
}
