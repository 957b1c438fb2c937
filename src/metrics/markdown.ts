import { metricDefinitions } from './definitions.ts';

/** `docs/metrics.md`, generated from the table of metrics. */
export function metricsMarkdown(): string {
  const rows = metricDefinitions.map(({ name, kind, labels, help }) => {
    const extra = labels.map((label) => `\`${label}\``).join(', ');
    return `| \`${name}\` | ${kind} | ${extra || '–'} | ${help} |`;
  });
  return [
    '# Metrics',
    '',
    'Generated from `src/metrics/definitions.ts`; do not edit.',
    '',
    '`GET /metrics` returns these, each with the labels `topic` and `consumer_group` besides its own, and the',
    'metrics of Node and the process (`nodejs_*`, `process_*`). The format is OpenMetrics when the Accept header',
    'asks for it, otherwise the Prometheus text format. Counters start at 0 with the process.',
    '',
    '| name | kind | own labels | meaning |',
    '|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}
