import { chartHtml } from './html-chart.ts';
import { escapeHtml, htmlPage } from './html-page.ts';
import { tableHtml } from './html-report.ts';
import { bestRow, figureOf, type Sweep, type SweepFigure, sweepFigures } from './sweep.ts';

const titles: Partial<Record<SweepFigure, string>> = {
  achieved_tps: 'Throughput',
  p99_end_to_end_ms: 'Latency, end to end, p99',
  cpu_us_per_message: 'Processor time of the consumer for a message',
};

/** The report of a sweep as a single file: a table, and charts with one line per value of the second parameter. */
export function sweepHtml(sweep: Sweep): string {
  const { parameters, rows } = sweep;
  const first = rows[0]?.report;
  const header = [
    ...parameters.map(({ key }) => key),
    ...sweepFigures.map(([name, unit]) => `${name}, ${unit}`),
  ];
  const body = `<h1>Sweep</h1>
<p class="sub">${escapeHtml(
    `${first?.details.date.slice(0, 16).replace('T', ' ')} UTC · ${first?.results.model} · ` +
      `${first?.details.broker} · ` +
      `${first?.details.mode}, ${first?.details.warm_up_seconds} s of warm-up left out of each run`,
  )}</p>
${tableHtml(
  header,
  rows.map(({ values, report }) => [
    ...values,
    ...sweepFigures.map(([name, , decimals]) => text(figureOf(report, name), decimals)),
  ]),
  (row) => row === bestRow(sweep),
)}
${Object.entries(titles)
  .map(([figure, title]) => chart(sweep, figure as SweepFigure, title))
  .join('\n')}
<p class="sub">${escapeHtml(`${first?.results.machine.cpu}, ${first?.results.machine.cores} cores`)}</p>`;
  return htmlPage('Sweep', body);
}

function chart({ parameters, rows }: Sweep, figure: SweepFigure, title: string): string {
  const [across, lines] = parameters as [Sweep['parameters'][0], Sweep['parameters'][0] | undefined];
  const valueAt = (x: string, line: string | undefined): number | null => {
    const row = rows.find(({ values }) => values[0] === x && (line === undefined || values[1] === line));
    return (row && figureOf(row.report, figure)) ?? null;
  };
  return chartHtml({
    title,
    unit: sweepFigures.find(([name]) => name === figure)?.[1] ?? '',
    x: across.values,
    xTitle: across.key,
    lines: (lines?.values ?? [undefined]).map((line) => ({
      name: line === undefined ? title.toLowerCase() : `${lines?.key} = ${line}`,
      values: across.values.map((x) => valueAt(x, line)),
    })),
  });
}

function text(value: number | undefined, decimals: number): string {
  if (value === undefined) return '–';
  return value.toLocaleString('en-US', { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
}
