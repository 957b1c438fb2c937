import type { Exemplars } from './exemplars.ts';

export const OPEN_METRICS_CONTENT_TYPE = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

/** Whether an Accept header asks for OpenMetrics, with at least the weight of plain text. */
export function wantsOpenMetrics(accept: string | undefined): boolean {
  if (accept === undefined) return false;
  const openMetrics = weightOf(accept, 'application/openmetrics-text');
  return openMetrics > 0 && openMetrics >= weightOf(accept, 'text/plain');
}

function weightOf(accept: string, mediaType: string): number {
  const weights = accept.split(',').map((range) => {
    const [type, ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    if (type !== mediaType) return 0;
    const q = parameters.find((parameter) => parameter.startsWith('q='));
    return q === undefined ? 1 : Number(q.slice(2)) || 0;
  });
  return Math.max(...weights);
}

/**
 * Converts the Prometheus text format to OpenMetrics 1.0: the family of a counter is named without `_total`, bounds are
 * floats, there are no empty lines, and the text ends with a marker. (prom-client can write OpenMetrics, but then it
 * renames its counters permanently.)
 */
export function toOpenMetrics(text: string, exemplars?: Exemplars): string {
  const counters = new Set([...text.matchAll(/^# TYPE (\S+)_total counter$/gm)].map((match) => match[1]));
  const lines = text.split('\n').filter((line) => line !== '');
  const converted = lines.map((line) => {
    const comment = /^# (HELP|TYPE) (\S+)_total (.*)$/.exec(line);
    if (comment !== null && counters.has(comment[2])) return `# ${comment[1]} ${comment[2]} ${comment[3]}`;
    return line.startsWith('#') ? line : line.replace(/([{,]le=")(\d+)"/, '$1$2.0"');
  });
  return `${(exemplars?.addTo(converted) ?? converted).join('\n')}\n# EOF\n`;
}
