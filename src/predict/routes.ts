import type { Config } from '../config/schema.ts';
import { KubesentimentError } from '../errors.ts';
import type { ModelInfo } from '../types.ts';

const LABELS_SHOWN = 50;

type Model = Pick<ModelInfo, 'labels' | 'head'>;

/** KS_CONFIG_INVALID for a route of a label that no result can have. */
export function checkRoutes({ result }: Config, model: Model): void {
  const known = resultLabels(model);
  const unknown = Object.keys(result.routes).filter((label) => !known.includes(label));
  if (unknown.length === 0) return;
  const named = unknown.map((label) => JSON.stringify(label)).join(', ');
  const shown = known.slice(0, LABELS_SHOWN).map((label) => JSON.stringify(label));
  const rest = known.length > LABELS_SHOWN ? ` and ${known.length - LABELS_SHOWN} more` : '';
  throw new KubesentimentError(
    'KS_CONFIG_INVALID',
    `result.routes: no result has the label ${named}. The labels are ${shown.join(', ')}${rest}.`,
    { remedy: 'Write the labels as the model does, or name them with model.labels.' },
  );
}

/** By the number of a label: the topic of its results; undefined for the results topic. */
export function routesOf({ result }: Config, model: Model): readonly (string | undefined)[] {
  const routes = new Map(Object.entries(result.routes));
  return [...model.labels, model.head.uncertainLabel].map((label) => routes.get(label));
}

/** By the number of a label: the schema of its results. `ids`: by topic; undefined if results have no schemas. */
export function schemaIdsOf(
  config: Config,
  model: Model,
  ids: ReadonlyMap<string, number> | undefined,
): Uint32Array | undefined {
  if (ids === undefined) return undefined;
  const topics = routesOf(config, model).map((topic = config.kafka.results_topic) => topic);
  return Uint32Array.from(topics, (topic) => ids.get(topic) as number);
}

/** The labels that results can have, by number: the uncertain one only where a score can be too low. */
export function resultLabels({ labels, head }: Model): readonly string[] {
  return head.minScore > 0 ? [...labels, head.uncertainLabel] : labels;
}
