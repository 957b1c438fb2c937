// biome-ignore-all lint/suspicious/noTemplateCurlyInString: a variable of Grafana.
import { kafka, latency, node, results, stages } from './detail-rows.ts';
import { flow, overview } from './overview-rows.ts';
import type { Panel, Row } from './panel.ts';

type Json = Record<string, unknown>;

export const dashboardRows: readonly Row[] = [overview, flow, latency, stages, results, kafka, node];

const COLUMNS = 24;
const datasource = { type: 'prometheus', uid: '${datasource}' };
const heights: Readonly<Record<Panel['kind'], number>> = { stat: 4, bargauge: 8, timeseries: 8, table: 8 };

/** `monitoring/grafana/dashboard.json`, generated from the table of panels. */
export function dashboardJson(): string {
  const dashboard = {
    uid: 'kubesentiment',
    title: 'kubesentiment',
    description: 'Generated from src/metrics/dashboard (npm run docs).',
    tags: ['kafka', 'kubesentiment'],
    schemaVersion: 39,
    editable: true,
    graphTooltip: 1,
    refresh: '10s',
    time: { from: 'now-30m', to: 'now' },
    timezone: 'browser',
    templating: { list: variables() },
    annotations: { list: [alertAnnotations()] },
    panels: placed(dashboardRows),
  };
  return `${JSON.stringify(dashboard, undefined, 2)}\n`;
}

/** Panels from left to right and top to bottom, each row under its title. */
function placed(rows: readonly Row[]): Json[] {
  const panels: Json[] = [];
  let y = 0;
  for (const { title, panels: members } of rows) {
    panels.push({
      id: panels.length + 1,
      type: 'row',
      title,
      collapsed: false,
      gridPos: { x: 0, y, w: COLUMNS, h: 1 },
      panels: [],
    });
    y += 1;
    let x = 0;
    let height = 0;
    for (const panel of members) {
      const w = panel.width ?? COLUMNS / 3;
      const h = heights[panel.kind];
      if (x + w > COLUMNS) {
        x = 0;
        y += height;
      }
      panels.push(panelJson(panel, panels.length + 1, { x, y, w, h }));
      x += w;
      height = h;
    }
    y += height;
  }
  return panels;
}

function panelJson(panel: Panel, id: number, gridPos: Json): Json {
  const isTable = panel.kind === 'table';
  return {
    id,
    type: panel.kind,
    title: panel.title,
    description: panel.help,
    datasource,
    gridPos,
    targets: panel.queries.map(([expr, legendFormat], index) => ({
      refId: String.fromCharCode(65 + index),
      datasource,
      expr,
      ...(isTable ? { format: 'table', instant: true } : { legendFormat }),
      ...(panel.kind === 'timeseries' ? { exemplar: expr.includes('_bucket') } : {}),
    })),
    fieldConfig: {
      defaults: {
        unit: panel.unit,
        min: 0,
        thresholds: { mode: 'absolute', steps: steps(panel) },
        ...(panel.kind === 'timeseries' ? { custom: curve(panel) } : {}),
      },
      overrides: [],
    },
    options: panelOptions(panel.kind),
    ...(isTable ? { transformations: [hiddenColumns()] } : {}),
  };
}

function steps({ limits, isFalling = false }: Panel): Json[] {
  if (limits === undefined) return [{ color: 'green', value: null }];
  const [yellow, red] = limits;
  if (!isFalling) {
    return [
      { color: 'green', value: null },
      { color: 'yellow', value: yellow },
      { color: 'red', value: red },
    ];
  }
  const middle = red < yellow ? [{ color: 'yellow', value: red }] : [];
  return [{ color: 'red', value: null }, ...middle, { color: 'green', value: yellow }];
}

function curve({ limits }: Panel): Json {
  return {
    drawStyle: 'line',
    lineWidth: 1,
    fillOpacity: 8,
    showPoints: 'never',
    spanNulls: false,
    thresholdsStyle: { mode: limits === undefined ? 'off' : 'dashed' },
  };
}

function panelOptions(kind: Panel['kind']): Json {
  if (kind === 'timeseries') {
    return {
      legend: { displayMode: 'list', placement: 'bottom', showLegend: true },
      tooltip: { mode: 'multi', sort: 'desc' },
    };
  }
  if (kind === 'table') return { showHeader: true };
  return {
    colorMode: 'value',
    graphMode: 'area',
    reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
  };
}

function hiddenColumns(): Json {
  return {
    id: 'organize',
    options: { excludeByName: { Time: true, Value: true, __name__: true, job: true }, indexByName: {} },
  };
}

function variables(): Json[] {
  const source = { name: 'datasource', label: 'Data source', type: 'datasource', query: 'prometheus' };
  return [
    source,
    listOf('consumer_group', 'Group', ''),
    listOf('topic', 'Topic', '{consumer_group=~"$consumer_group"}'),
  ];
}

/** A selection of label values; all of them by default. */
function listOf(name: string, label: string, filter: string): Json {
  const query = `label_values(kubesentiment_build_info${filter}, ${name})`;
  return {
    name,
    label,
    type: 'query',
    datasource,
    query: { query, refId: name },
    definition: query,
    refresh: 2,
    includeAll: true,
    multi: true,
    current: { text: 'All', value: '$__all' },
    sort: 1,
  };
}

/** Red marks where one of our alerts started firing. */
function alertAnnotations(): Json {
  return {
    name: 'Alerts',
    enable: true,
    iconColor: 'red',
    datasource,
    expr: 'ALERTS{alertname=~"Kafka.*",alertstate="firing"}',
    titleFormat: '{{alertname}}',
    textFormat: '{{topic}} {{instance}}',
  };
}
