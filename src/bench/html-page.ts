export function escapeHtml(text: string): string {
  const names: Record<string, string> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return text.replace(/[&<>"']/g, (character) => names[character] as string);
}

/** A complete, self-contained document. `body`: HTML that is already escaped. */
export function htmlPage(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="content-security-policy"
 content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
${body}
</main>
<script>${SCRIPT}</script>
</body>
</html>
`;
}

const STYLE = `
:root { color-scheme: light dark; --ink: #1b2430; --soft: #5d6b7c; --paper: #f6f8fa; --card: #fff; --rule: #dfe5ec;
 --a: #2563eb; --b: #d97706; --c: #dc2626; --d: #059669; --e: #7c3aed; --f: #0891b2; --good: #047857; --bad: #b91c1c; }
@media (prefers-color-scheme: dark) {
 :root { --ink: #e6ebf1; --soft: #94a3b5; --paper: #0f141b; --card: #171e27; --rule: #2a3542;
  --a: #60a5fa; --b: #fbbf24; --c: #f87171; --d: #34d399; --e: #a78bfa; --f: #22d3ee;
  --good: #34d399; --bad: #f87171; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 980px; margin: 0 auto; padding: 28px 20px 60px; }
h1 { font-size: 24px; margin: 0 0 4px; } h2 { font-size: 17px; margin: 32px 0 10px; }
.sub { color: var(--soft); margin: 0 0 20px; }
.verdict { display: inline-block; padding: 2px 10px; border-radius: 12px; font-weight: 600; font-size: 13px;
 border: 1px solid currentColor; vertical-align: 3px; margin-left: 10px; }
.good { color: var(--good); } .bad { color: var(--bad); }
.cards { display: grid; grid-template-columns: repeat(3, 1fr); gap: 12px; }
@media (max-width: 600px) { .cards { grid-template-columns: repeat(2, 1fr); } }
.card { background: var(--card); border: 1px solid var(--rule); border-radius: 10px; padding: 12px 14px; }
.card b { display: block; font-size: 24px; line-height: 1.25; font-variant-numeric: tabular-nums; }
.card span { color: var(--soft); font-size: 13px; }
.chart { background: var(--card); border: 1px solid var(--rule); border-radius: 10px; margin: 14px 0;
 padding: 12px 14px 8px; position: relative; }
figcaption { display: flex; flex-wrap: wrap; gap: 4px 14px; align-items: baseline; margin-bottom: 6px; }
.unit { color: var(--soft); font-size: 13px; margin-right: auto; }
.key { font-size: 13px; display: inline-flex; align-items: center; gap: 6px; }
.swatch { width: 14px; height: 3px; border-radius: 2px; background: currentColor; }
svg { display: block; width: 100%; height: auto; }
polyline { fill: none; stroke: currentColor; stroke-width: 1.8; stroke-linejoin: round; }
circle { fill: currentColor; }
.line-0 { color: var(--a); } .line-1 { color: var(--b); } .line-2 { color: var(--c); }
.line-3 { color: var(--d); } .line-4 { color: var(--e); } .line-5 { color: var(--f); }
.grid { stroke: var(--rule); } .tick { fill: var(--soft); font-size: 12px; }
.y { text-anchor: end; } .x { text-anchor: middle; }
line.mark { stroke: var(--soft); stroke-dasharray: 5 4; }
text.mark { fill: var(--soft); font-size: 12px; text-anchor: end; }
.cursor { stroke: var(--soft); }
output:not(:empty) { position: absolute; top: 40px; background: var(--card); font-size: 13px;
 border: 1px solid var(--rule); border-radius: 8px; padding: 6px 10px; pointer-events: none; white-space: pre;
 box-shadow: 0 4px 14px #0003; font-variant-numeric: tabular-nums; }
.wide { overflow-x: auto; } table { border-collapse: collapse; width: 100%; background: var(--card); }
th, td { text-align: left; padding: 6px 12px; border: 1px solid var(--rule); font-variant-numeric: tabular-nums; }
th { font-weight: 600; } td.number, th.number { text-align: right; }
tr.best td { font-weight: 600; color: var(--good); }
li { margin: 2px 0; }
`;

/** Shows the values under the pointer. */
const SCRIPT = `
for (const figure of document.querySelectorAll('.chart')) {
  const { x, xTitle, unit, places, lines } = JSON.parse(figure.querySelector('script').textContent);
  const svg = figure.querySelector('svg'), cursor = svg.querySelector('.cursor'), box = figure.querySelector('output');
  const hide = () => { box.textContent = ''; cursor.setAttribute('x1', -9); cursor.setAttribute('x2', -9); };
  svg.addEventListener('pointerleave', hide);
  svg.addEventListener('pointermove', (event) => {
    const area = svg.getBoundingClientRect();
    const at = (event.clientX - area.left) * 900 / area.width;
    let near = 0;
    places.forEach((place, i) => { if (Math.abs(place - at) < Math.abs(places[near] - at)) near = i; });
    cursor.setAttribute('x1', places[near]); cursor.setAttribute('x2', places[near]);
    const value = (v) => v === null ? '–' : v.toLocaleString('en-US', { maximumFractionDigits: 2 }) + ' ' + unit;
    box.textContent = [xTitle + ': ' + x[near], ...lines.map((l) => l.name + ': ' + value(l.values[near]))].join('\\n');
    const left = places[near] * area.width / 900;
    box.style.left = (left > area.width / 2 ? left - box.offsetWidth - 4 : left + 30) + 'px';
  });
}
`;
