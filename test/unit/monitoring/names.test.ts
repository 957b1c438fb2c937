/** Every metric and label that a dashboard, an alert or a page of the documentation names must be there. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { configKeys } from '../../../src/config/schema.ts';
import { logEvents } from '../../../src/log-events.ts';
import { dashboardJson } from '../../../src/metrics/dashboard/dashboard.ts';
import { metricDefinitions } from '../../../src/metrics/definitions.ts';
import { MetricsRegistry } from '../../../src/metrics/registry.ts';
import { root } from '../../helpers/paths.ts';
import { fakeSource } from '../metrics/fake-source.ts';
import { badNames, type Names } from './promql-names.ts';

interface Rule {
  readonly alert?: string;
  readonly record?: string;
  readonly expr: string;
  readonly labels?: { readonly severity?: string };
  readonly annotations?: Readonly<Record<string, string>>;
}

const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const { groups } = parse(read('monitoring/prometheus/rules.yml')) as { groups: { rules: Rule[] }[] };
const rules = groups.flatMap((group) => group.rules);
const alerts = rules.filter(({ alert }) => alert !== undefined);

/** Added to each series when it is scraped. */
const targetLabels = ['instance', 'job'];

/** Metric → its labels, as Prometheus sees them: ours, Node's, what the rules record, and the alerts themselves. */
async function knownNames(): Promise<Names> {
  const names = new Map<string, ReadonlySet<string>>();
  for (const { name, kind, labels } of metricDefinitions) {
    const all = ['topic', 'consumer_group', ...labels, ...targetLabels];
    if (kind !== 'histogram') names.set(name, new Set(all));
    else {
      names.set(`${name}_bucket`, new Set([...all, 'le']));
      for (const part of ['sum', 'count']) names.set(`${name}_${part}`, new Set(all));
    }
  }
  const { body } = await new MetricsRegistry(fakeSource()).text(undefined);
  for (const [, name = ''] of body.matchAll(/^# TYPE ((?:nodejs|process)_\w+) /gm)) {
    names.set(name, new Set(targetLabels));
  }
  for (const { record } of rules)
    if (record !== undefined) names.set(record, new Set(['topic', 'consumer_group']));
  names.set('ALERTS', new Set(['alertname', 'alertstate', 'severity', 'topic', ...targetLabels]));
  return names;
}

test('rules and alerts name only what there is', async () => {
  const names = await knownNames();
  assert.deepEqual(
    rules.flatMap(({ expr }) => badNames(expr, names)),
    [],
  );
});

test('the search finds names and labels that are not there', async () => {
  const names = await knownNames();
  assert.deepEqual(badNames('rate(kafka_nothing_total[5m]) > 0', names), ['kafka_nothing_total']);
  assert.deepEqual(badNames('kafka_consumer_lag{colour="red"}', names), ['kafka_consumer_lag{colour}']);
  assert.deepEqual(badNames('sum by (colour) (kafka_consumer_lag)', names), ['(colour)']);
  assert.deepEqual(badNames('kafka_batch_rows > 1', names), ['kafka_batch_rows']);
  assert.deepEqual(badNames('rate(kafka_batch_rows_bucket{le="1"}[5m])', names), []);
});

test('the dashboard is up to date (npm run docs) and names only what there is', async () => {
  assert.equal(read('monitoring/grafana/dashboard.json'), dashboardJson());
  const names = await knownNames();
  const { panels, annotations } = JSON.parse(dashboardJson()) as {
    panels: { id: number; title: string; targets?: { expr: string; legendFormat?: string }[] }[];
    annotations: { list: { expr: string }[] };
  };
  const targets = panels.flatMap((panel) => panel.targets ?? []);
  const expressions = [...targets, ...annotations.list].map(({ expr }) => expr);
  assert.ok(expressions.length > 40);
  assert.deepEqual(
    expressions.flatMap((expr) => badNames(expr, names)),
    [],
  );
  const legends = targets.flatMap(({ legendFormat = '' }) => [...legendFormat.matchAll(/{{(\w+)}}/g)]);
  const labels = new Set([...names.values()].flatMap((set) => [...set]));
  for (const [, label = ''] of legends) assert.ok(labels.has(label), label);
  assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length, 'each panel has an id of its own');
});

test('the dashboard shows every metric of ours', () => {
  const json = dashboardJson();
  const missing = metricDefinitions.map(({ name }) => name).filter((name) => !json.includes(name));
  assert.deepEqual(missing, []);
});

test('every alert has a severity, a summary and a section in the runbook, and every section an alert', () => {
  const sections = [...read('docs/runbook.md').matchAll(/^## ((?:Kafka|Sentiment)\w+)$/gm)].map(
    ([, name = '']) => name,
  );
  assert.deepEqual(sections.toSorted(), alerts.map(({ alert = '' }) => alert).toSorted());
  for (const { alert = '', labels, annotations } of alerts) {
    assert.match(labels?.severity ?? '', /^(critical|warning)$/, alert);
    assert.ok((annotations?.['summary'] ?? '') !== '', alert);
    // A pager shows it as a link, so where the documentation is has to go in front of it.
    const url = `{{ $externalLabels.docs_url }}docs/runbook.md#${alert.toLowerCase()}`;
    assert.equal(annotations?.['runbook_url'], url);
  }
});

test("what mends an alert is a command of ours: runbook, log and judgements name none of Kafka's tools", () => {
  const causes = readdirSync(join(root, 'src/why')).map((name) => `src/why/${name}`);
  for (const path of ['docs/runbook.md', 'src/log-events.ts', ...causes])
    assert.doesNotMatch(read(path), /kafka-[a-z-]+\.sh/, path);
});

test('every alert is tested for firing, at a time and with series that make it fire', () => {
  const files = readdirSync(join(root, 'monitoring/prometheus')).filter((name) => name.endsWith('.test.yml'));
  const text = files.map((name) => read(`monitoring/prometheus/${name}`)).join('\n');
  for (const { alert = '' } of alerts) {
    const fires = new RegExp(`alertname="${alert}",alertstate="firing"}\\)\n.*\n\\s+exp_samples:\n`);
    assert.match(text, fires, alert);
  }
});

/** Words of the documentation that look like metrics and are none: the default group, headers, the bench. */
const otherWords = new Set([
  ...['kubesentiment_consumer', 'kafka_dlt', 'kafka_performance_test'],
  ...Object.keys(logEvents),
]);

test('the documentation names only metrics that there are', async () => {
  const names = await knownNames();
  for (const { name } of metricDefinitions) names.set(name, names.get(name) ?? new Set());
  const pages = ['README.md', ...readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'))];
  const unknown = pages.flatMap((page) => {
    const text = read(page === 'README.md' ? page : `docs/${page}`);
    const words = [...text.matchAll(/(?<![\w.:/=-])(?:kafka|kubesentiment|nodejs|process)_\w+(?!\w*[(.*])/g)];
    return words
      .map(([word]) => word)
      .filter((word) => !names.has(word) && !otherWords.has(word))
      .map((word) => `${page}: ${word}`);
  });
  assert.deepEqual(unknown, []);
});

/** In code, `section.key`. */
const keyOf = /`(?:--set )?((?:kafka|model|http|logging|tracing)\.[a-z_]+)(?=[`:=, ])/g;

/** Looks like a key. */
const FILE = 'model.onnx';

test('the documentation names only keys of the configuration that there are', () => {
  const pages = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'));
  const unknown = pages.flatMap((page) =>
    [...read(`docs/${page}`).matchAll(keyOf)]
      .map(([, key = '']) => key)
      .filter((key) => !configKeys.has(key) && key !== FILE)
      .map((key) => `${page}: ${key}`),
  );
  assert.deepEqual(unknown, []);
});

test('links between the pages lead somewhere', () => {
  const pages = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'));
  const slug = (title: string): string =>
    title
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-');
  const broken = pages.flatMap((page) => {
    const links = [...read(`docs/${page}`).matchAll(/\]\(([\w-]+\.md)?(#[\w-]+)?\)/g)];
    return links
      .filter(([, file = page, anchor]) => {
        if (!pages.includes(file)) return true;
        const titles = [...read(`docs/${file}`).matchAll(/^#+ (.*)$/gm)].map(
          ([, title = '']) => `#${slug(title)}`,
        );
        return anchor !== undefined && !titles.includes(anchor);
      })
      .map(([link]) => `${page}: ${link}`);
  });
  assert.deepEqual(broken, []);
});
