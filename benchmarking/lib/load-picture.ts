/** What was measured at one fixed load. */
export interface LoadPoint {
  /** Messages a second that were sent. */
  readonly load_tps: number;
  readonly achieved_tps: number;
  /** From poll to commit. */
  readonly mean_ms: number;
  readonly p99_ms: number;
  /** From when a message was due to when a read_committed reader had its result. */
  readonly end_to_end_p99_ms: number;
  readonly cpu_us_per_message: number;
}

type Line = readonly LoadPoint[];
type Read = (point: LoadPoint) => number;

const WIDTH = 860;
const HEIGHT = 300;
const PLOT_WIDTH = 350;
const PLOT_HEIGHT = 190;
const TOP = 56;
const lefts = [56, 486] as const;
/** The latency axis is logarithmic: what matters is how many times as long. */
const ticksMs = [10, 30, 100, 300, 1_000, 3_000, 10_000] as const;

/** Two panels, mean processing and end-to-end p99, both over the load. An SVG file that needs nothing else. */
export function loadPicture(before: Line, after: Line): string {
  const most = Math.max(...[...before, ...after].map(({ load_tps }) => load_tps), 1);
  const panel = (index: 0 | 1, title: string, read: Read, aim: { name: string; ms: number }): string => {
    const x = (tps: number): number => lefts[index] + (PLOT_WIDTH * tps) / most;
    return [
      `<text class="t" x="${lefts[index]}" y="${TOP - 18}">${title}</text>`,
      ...ticksMs.map((ms) => tick(lefts[index], ms)),
      ...loads(most).map((tps) => label(x(tps), TOP + PLOT_HEIGHT + 18, tps.toLocaleString('en'))),
      `<line class="aim" x1="${lefts[index]}" x2="${x(most)}" y1="${y(aim.ms)}" y2="${y(aim.ms)}"/>`,
      `<text class="a" x="${lefts[index] + 4}" y="${y(aim.ms) - 5}">${aim.name}</text>`,
      line('before', before, read, x),
      line('after', after, read, x),
    ].join('\n');
  };
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img">`,
    '<title>Latency against load, before and after</title>',
    `<style>${style}</style><rect width="100%" height="100%"/>`,
    panel(0, 'mean processing time, ms', ({ mean_ms }) => mean_ms, { name: 'aim: 45 ms at 5,000/s', ms: 45 }),
    panel(1, 'end to end, p99, ms', (point) => point.end_to_end_p99_ms, {
      name: 'aim: 250 ms at 5,000/s',
      ms: 250,
    }),
    label(WIDTH / 2, HEIGHT - 10, 'messages a second, at a fixed rate (hollow: did not keep up)'),
    '<text class="before key" x="640" y="20">before</text><text class="after key" x="720" y="20">after</text>',
    '</svg>\n',
  ].join('\n');
}

const style = [
  'text{font:12px sans-serif;fill:#333}',
  '.t,.key{font-weight:bold}',
  'rect{fill:#fff}',
  '.grid{stroke:#ddd}',
  '.m{text-anchor:middle}',
  '.e{text-anchor:end}',
  '.aim{stroke:#777;stroke-dasharray:4 4}',
  '.a{fill:#666;font-size:11px}',
  'polyline{fill:none;stroke-width:2}',
  'circle{stroke-width:2}',
  'polyline.before,circle.before{stroke:#b45309}',
  'polyline.after,circle.after{stroke:#1769aa}',
  'circle.before,text.before{fill:#b45309}',
  'circle.after,text.after{fill:#1769aa}',
  'circle.behind{fill:#fff}',
].join('');

function y(ms: number): number {
  const [first, last] = [Math.log(ticksMs[0]), Math.log(ticksMs.at(-1) as number)];
  const share = (Math.log(ms) - first) / (last - first);
  return round(TOP + PLOT_HEIGHT * (1 - Math.min(1, Math.max(0, share))));
}

function line(name: string, points: Line, read: Read, x: (tps: number) => number): string {
  const at = points.map((point) => ({ x: round(x(point.load_tps)), y: y(read(point)), point }));
  const circles = at.map((place) => {
    const behind = place.point.achieved_tps < KEPT_UP * place.point.load_tps;
    return `<circle class="${name}${behind ? ' behind' : ''}" cx="${place.x}" cy="${place.y}" r="3.5"/>`;
  });
  const path = at.map((place) => `${place.x},${place.y}`).join(' ');
  return [`<polyline class="${name}" points="${path}"/>`, ...circles].join('\n');
}

/** Of the load: below that, messages were left over when the run ended. */
const KEPT_UP = 0.97;

function tick(left: number, ms: number): string {
  const at = y(ms);
  const text = `<text class="e" x="${left - 6}" y="${at + 4}">${ms.toLocaleString('en')}</text>`;
  return `<line class="grid" x1="${left}" x2="${left + PLOT_WIDTH}" y1="${at}" y2="${at}"/>${text}`;
}

/** Every second thousand. */
function loads(most: number): number[] {
  return Array.from({ length: Math.floor(most / 2_000) + 1 }, (_, i) => i * 2_000);
}

function label(x: number, y: number, text: string): string {
  return `<text class="m" x="${round(x)}" y="${round(y)}">${text}</text>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
