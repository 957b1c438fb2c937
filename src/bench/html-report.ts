import { whole } from './results.ts';
import type { BenchReport } from './bench.ts';
import { chartHtml } from './html-chart.ts';
import { escapeHtml, htmlPage } from './html-page.ts';

/** The report of one measurement as a single file. */
export function benchHtml(report: BenchReport): string {
  const { results: r, details, series, passed } = report;
  const verdict = `<span class="verdict ${passed ? 'good' : 'bad'}">${passed ? 'passed' : 'not passed'}</span>`;
  const day = details.date.slice(0, 16).replace('T', ' ');
  const body = `<h1>Performance test${verdict}</h1>
<p class="sub">${escapeHtml(`${day} UTC · ${r.model} · ${r.delivery} · ${details.broker}`)}</p>
${cards(report)}
<h2>Course</h2>
${charts(report)}
<h2>Latency</h2>
${latencies(report)}
<h2>How it was measured</h2>
<ul>${report.notes.map((line) => `<li>${escapeHtml(line)}</li>`).join('')}
<li>Counts come from the topics of the broker, not from the consumer's own counters.</li>
<li>The baseline is the same model in the same run, one message at a time, without Kafka in between.</li>
${shares(details.cpu_share)}</ul>
<h2>Circumstances</h2>
${circumstances(report)}`;
  return htmlPage(
    `Performance test, ${series.length === 0 ? '' : `${whole(r.achieved_tps)} messages/s`}`,
    body,
  );
}

function cards({ results: r, details }: BenchReport): string {
  const target =
    r.target_tps === undefined ? 'messages a second' : `messages/s of ${whole(r.target_tps)} wanted`;
  const list: [string, string][] = [
    [whole(r.achieved_tps), target],
    [
      r.throughput_improvement === undefined ? '–' : `${r.throughput_improvement.toFixed(1)} ×`,
      'one message at a time',
    ],
    [ms(r.p99_end_to_end_ms), 'end to end, p99'],
    [ms(r.avg_processing_time_ms), 'processing, mean'],
    [`${details.lost} / ${details.doubled}`, 'lost / doubled'],
    [
      r.rss_peak_bytes === undefined ? '–' : `${whole(r.rss_peak_bytes / 2 ** 20)} MiB`,
      'resident memory, peak',
    ],
  ];
  const html = list.map(
    ([figure, name]) =>
      `<div class="card"><b>${escapeHtml(figure)}</b><span>${escapeHtml(name)}</span></div>`,
  );
  return `<div class="cards">${html.join('\n')}</div>`;
}

function charts({ series, results }: BenchReport): string {
  const x = series.map(({ at_s: at }) => at);
  const common = { x, xTitle: 'seconds' };
  const target = results.target_tps;
  return [
    chartHtml({
      ...common,
      title: 'Throughput',
      unit: 'messages/s',
      lines: [
        { name: 'visible', values: series.map((point) => point.visible_tps) },
        { name: 'sent', values: series.map((point) => point.sent_tps) },
      ],
      mark: target === undefined ? undefined : { name: 'target', value: target },
    }),
    chartHtml({
      ...common,
      title: 'Latency, end to end',
      unit: 'ms',
      lines: [
        { name: 'p50', values: series.map((point) => point.p50_ms) },
        { name: 'p95', values: series.map((point) => point.p95_ms) },
        { name: 'p99', values: series.map((point) => point.p99_ms) },
      ],
    }),
    chartHtml({
      ...common,
      title: 'Lag: sent and not yet visible',
      unit: 'messages',
      lines: [{ name: 'lag', values: series.map((point) => point.lag) }],
    }),
    chartHtml({
      ...common,
      title: 'Processor of the consumer',
      unit: 'cores',
      lines: [{ name: 'cores', values: series.map((point) => point.consumer_cores) }],
    }),
    chartHtml({
      ...common,
      title: 'Resident memory of the consumer',
      unit: 'MiB',
      lines: [
        { name: 'memory', values: series.map(({ rss_bytes: rss }) => rss && Math.round(rss / 2 ** 20)) },
      ],
    }),
  ].join('\n');
}

function latencies({ results: r }: BenchReport): string {
  return tableHtml(
    ['milliseconds', 'p50', 'p95', 'p99'],
    [
      [
        'end to end: intended send time to visible',
        r.p50_end_to_end_ms,
        r.p95_end_to_end_ms,
        r.p99_end_to_end_ms,
      ],
      [
        'processing: taken from Kafka to result',
        r.p50_processing_time_ms,
        r.p95_processing_time_ms,
        r.p99_processing_time_ms,
      ],
    ].map(([name, ...values]) => [String(name), ...values.map((value) => Number(value ?? 0).toFixed(1))]),
  );
}

function circumstances({ results: r, details }: BenchReport): string {
  const { machine } = r;
  const rows: [string, string][] = [
    ['machine', `${machine.cpu}, ${machine.cores} cores, ${whole(machine.memory_bytes / 2 ** 30)} GiB`],
    ['system', `${machine.os}, Node ${machine.node}`],
    ['libraries', `librdkafka ${machine.librdkafka}, ONNX Runtime ${machine.onnxruntime}`],
    [
      'topic',
      `${details.partitions} partitions, ${details.payload}, ${r.tokens_per_message?.toFixed(1)} tokens a message`,
    ],
    [
      'consumer',
      `${r.consumer_threads} consumer threads, ${details.inference_threads ?? '–'} inference threads`,
    ],
    [
      'batches',
      `${details.avg_batch_rows?.toFixed(1) ?? '–'} rows, padding ratio ${details.padding_ratio?.toFixed(3) ?? '–'}`,
    ],
    [
      'messages',
      `${whole(r.messages_sent)} sent, ${whole(r.messages_processed)} results, ${r.messages_dlq} dead letters`,
    ],
  ];
  return tableHtml(undefined, rows);
}

function shares(cpu: BenchReport['details']['cpu_share']): string {
  const known = Object.entries(cpu).filter(([, share]) => share !== null);
  if (known.length === 0) return '';
  const text = known.map(([name, share]) => `${name} ${(100 * (share as number)).toFixed(0)} %`).join(', ');
  return `<li>Share of all processor time in the measured span: ${text}.</li>`;
}

/** Cells that look like numbers are right-aligned. */
export function tableHtml(
  header: readonly string[] | undefined,
  rows: readonly (readonly string[])[],
  isBest: (row: number) => boolean = () => false,
): string {
  const cell = (tag: string, text: string): string =>
    `<${tag}${/^[-–]$|^[\d.,]+$/.test(text) ? ' class="number"' : ''}>${escapeHtml(text)}</${tag}>`;
  const head = header === undefined ? '' : `<tr>${header.map((text) => cell('th', text)).join('')}</tr>`;
  const lines = rows.map(
    (row, i) => `<tr${isBest(i) ? ' class="best"' : ''}>${row.map((text) => cell('td', text)).join('')}</tr>`,
  );
  return `<div class="wide"><table>${head}${lines.join('\n')}</table></div>`;
}

function ms(value: number | undefined): string {
  return value === undefined ? '–' : `${value < 100 ? value.toFixed(1) : whole(value)} ms`;
}
