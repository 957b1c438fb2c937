// How many dead letters were written when: bars of equal time. Sizes are attributes, since the policy allows no styles.
import * as format from './format.js';

const SVG = 'http://www.w3.org/2000/svg';
const HEIGHT = 64;
const BAR = 10;

export function showHistogram(container, { start, stepMs, counts }) {
  container.hidden = counts.length === 0;
  if (counts.length === 0) return container.replaceChildren();
  const most = Math.max(...counts);
  const end = start + counts.length * stepMs;
  const step = stepName(stepMs);
  const peak = counts.indexOf(most);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const chart = svg('svg', {
    viewBox: `0 0 ${counts.length * BAR} ${HEIGHT}`,
    preserveAspectRatio: 'none',
    role: 'img',
    'aria-label':
      `${format.count(total)} dead letters from ${format.dateTime(start)} to ${format.dateTime(end)}; ` +
      `most of them, ${format.count(most)}, within ${step} from ${format.dateTime(start + peak * stepMs)}`,
  });
  counts.forEach((count, i) => {
    // A single one must be seen beside a million.
    const height = count === 0 ? 0 : Math.max(2, (HEIGHT * count) / most);
    const bar = svg('rect', { x: i * BAR + 1, y: HEIGHT - height, width: BAR - 2, height });
    const title = svg('title', {});
    title.textContent = `${format.dateTime(start + i * stepMs)}: ${format.count(count)}`;
    bar.append(title);
    chart.append(bar);
  });
  const axis = document.createElement('p');
  axis.className = 'axis more';
  for (const text of [
    format.dateTime(start),
    `${step} a bar, at most ${format.count(most)}`,
    format.dateTime(end),
  ]) {
    const label = document.createElement('span');
    label.textContent = text;
    axis.append(label);
  }
  container.replaceChildren(chart, axis);
}

function svg(name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

function stepName(stepMs) {
  const units = [
    [86_400_000, 'day'],
    [3_600_000, 'hour'],
    [60_000, 'minute'],
    [1_000, 'second'],
  ];
  const [unitMs, unit] = units.find(([ms]) => stepMs >= ms);
  const many = stepMs / unitMs;
  return many === 1 ? `1 ${unit}` : `${format.count(many)} ${unit}s`;
}
