export interface Panel {
  readonly title: string;
  readonly values: readonly number[];
  /** Below the title: what the trend says. */
  readonly note: string;
}

const WIDTH = 640;
const PANEL_HEIGHT = 120;
const LEFT = 70;
const TOP = 36;
const PLOT_HEIGHT = PANEL_HEIGHT - TOP - 8;

/** One panel under the other, over the same time. An SVG file that needs nothing else. */
export function chart(minutes: number, panels: readonly Panel[]): string {
  const height = panels.length * PANEL_HEIGHT + 24;
  const style = 'text{font:11px sans-serif;fill:#333}.t{font-weight:bold}polyline{fill:none;stroke:#1769aa}';
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}">`,
    `<style>${style}rect{fill:#fff}line{stroke:#ccc}</style><rect width="100%" height="100%"/>`,
    ...panels.map((panel, index) => draw(panel, index * PANEL_HEIGHT)),
    `<text x="${LEFT}" y="${height - 8}">0</text>`,
    `<text x="${WIDTH - 10}" y="${height - 8}" text-anchor="end">${minutes} minutes</text>`,
    '</svg>\n',
  ].join('\n');
}

/** From zero, so that noise does not look like growth. */
function draw({ title, values, note }: Panel, y: number): string {
  const most = Math.max(...values, Number.MIN_VALUE);
  const stepX = (WIDTH - LEFT - 10) / Math.max(1, values.length - 1);
  const points = values.map((value, index) => {
    const down = PLOT_HEIGHT * (1 - value / most);
    return `${(LEFT + index * stepX).toFixed(1)},${(y + TOP + down).toFixed(1)}`;
  });
  const bottom = y + TOP + PLOT_HEIGHT;
  return [
    `<text class="t" x="${LEFT}" y="${y + 14}">${title}</text><text x="${LEFT}" y="${y + 28}">${note}</text>`,
    `<line x1="${LEFT}" x2="${WIDTH - 10}" y1="${bottom}" y2="${bottom}"/>`,
    `<text x="${LEFT - 6}" y="${y + TOP + 6}" text-anchor="end">${most.toPrecision(3)}</text>`,
    `<text x="${LEFT - 6}" y="${bottom}" text-anchor="end">0</text>`,
    `<polyline points="${points.join(' ')}"/>`,
  ].join('\n');
}
