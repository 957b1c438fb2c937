// What has happened, as marks on the charts.
import * as format from './format.js';

/** Pixels around a mark in which the cursor finds it. */
const NEAR_PX = 8;
const colours = { info: '--muted', warn: '--warn', bad: '--bad' };
/** How a mark looks besides its colour. */
const dashes = { info: [1, 3], warn: [4, 3], bad: [] };

/** `Model reloaded: 1a → 2b (3 times)`. */
export function nameOf({ title, detail, count }) {
  const more = detail === '' ? '' : `: ${detail}`;
  return format.plain(`${title}${more}${count > 1 ? ` (${count} times)` : ''}`, 300);
}

/** A line for each event, with a triangle on top; `chosen` is drawn wider. */
export function drawMarks(plot, events, chosen) {
  const { ctx, bbox } = plot;
  const { min, max } = plot.scales.x;
  const style = getComputedStyle(document.documentElement);
  const px = devicePixelRatio;
  ctx.save();
  for (const event of events) {
    if (event.at < min || event.at > max) continue;
    const x = Math.round(plot.valToPos(event.at, 'x', true));
    ctx.strokeStyle = ctx.fillStyle = style.getPropertyValue(colours[event.level] ?? '--muted').trim();
    ctx.lineWidth = (event === chosen ? 2.5 : 1) * px;
    ctx.setLineDash((dashes[event.level] ?? []).map((length) => length * px));
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.beginPath();
    ctx.moveTo(x - 4 * px, bbox.top - 6 * px);
    ctx.lineTo(x + 4 * px, bbox.top - 6 * px);
    ctx.lineTo(x, bbox.top);
    ctx.fill();
  }
  ctx.restore();
}

/** The events under the cursor, the nearest first. */
export function marksNear(plot, events) {
  const { left } = plot.cursor;
  if (left === undefined || left < 0) return [];
  const { min, max } = plot.scales.x;
  const distance = ({ at }) => Math.abs(plot.valToPos(at, 'x') - left);
  return events
    .filter((event) => event.at >= min && event.at <= max && distance(event) <= NEAR_PX)
    .sort((a, b) => distance(a) - distance(b));
}

/** The label beside a mark. Screen readers get the same with the value of the chart. */
export class MarkLabel {
  #element = document.createElement('div');

  constructor() {
    this.#element.className = 'mark-name';
    this.#element.setAttribute('aria-hidden', 'true');
    this.#element.hidden = true;
  }

  /** Call after the plot has been built. */
  moveInto(plot) {
    plot.over.append(this.#element);
  }

  show(plot, near) {
    this.#element.hidden = near.length === 0;
    if (near.length === 0) return;
    const others = near.length > 1 ? ` and ${near.length - 1} more` : '';
    this.#element.textContent = `${format.time(1_000 * near[0].at)} ${nameOf(near[0])}${others}`;
    this.#element.dataset.level = near[0].level;
    const x = plot.valToPos(near[0].at, 'x');
    const width = plot.bbox.width / devicePixelRatio;
    // On the side where there is more room.
    const isLeft = x < width / 2;
    this.#element.style.left = isLeft ? `${x + 6}px` : 'auto';
    this.#element.style.right = isLeft ? 'auto' : `${width - x + 6}px`;
    this.#element.style.maxWidth = `${Math.max(x, width - x) - 10}px`;
  }
}
