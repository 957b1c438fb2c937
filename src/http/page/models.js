import * as format from './format.js';
import { cell, rowOf, write } from './tables.js';

const panel = document.getElementById('models');

/** Which versions have answered, and how a model beside the one in use does. Hidden while there is one version only. */
export function showModels({ versions, beside }) {
  panel.hidden = beside === null && versions.filter(({ results }) => results > 0).length < 2;
  if (panel.hidden) return;
  const all = Math.max(
    1,
    versions.reduce((sum, { results }) => sum + results, 0),
  ); // before the first result
  replace(
    'models-versions',
    versions.map(({ version, results }) => [version, format.compact(results), format.percent(results / all)]),
  );
  document.getElementById('models-beside').hidden = beside === null;
  if (beside !== null) showBeside(beside);
}

function showBeside(beside) {
  const { kind, model, version, compared, skipped, failed, agreement, slowdown, differences } = beside;
  write('models-kind', kind);
  const pill = document.getElementById('models-state');
  pill.dataset.level = beside.ended === null ? 'good' : 'bad';
  write('models-state', stateOf(beside));
  write('models-name', version === '' ? model : `${model} (${version})`);
  write('models-agreement', agreement === null ? '–' : format.percent(agreement));
  write('models-compared', `${format.count(compared)}, ${format.count(skipped)} skipped`);
  write('models-failed', format.count(failed));
  write('models-slowdown', slowdown === null ? '–' : `${slowdown.toFixed(2)} ×`);
  write('models-answered', kind === 'canary' ? 'Canary' : 'In use');
  write('models-other', kind === 'canary' ? 'In use' : 'Shadow');
  document.getElementById('models-scroll').hidden = differences.length === 0;
  replace(
    'models-differences',
    differences.map(({ place, answered, score, other, otherScore }) => [
      place,
      `${answered} ${format.percent(score)}`,
      `${other} ${format.percent(otherScore)}`,
    ]),
  );
}

function stateOf({ kind, share, ended }) {
  if (ended !== null) return `returned: ${ended}`;
  return kind === 'shadow' ? 'asked beside' : `answers ${format.percent(share)} of the keys`;
}

/** Leaves a table alone that is as it was, so that selections are not disturbed. */
function replace(id, rows) {
  const body = document.getElementById(id);
  const content = JSON.stringify(rows);
  if (body.dataset.content === content) return;
  body.dataset.content = content;
  body.replaceChildren(
    ...rows.map(([name, ...rest]) => rowOf(cell(name, 'name'), ...rest.map((text) => cell(text, 'n')))),
  );
}
