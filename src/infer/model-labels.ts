import { invalid } from './model-error.ts';

/** What config.json may say about labels. */
export interface LabelConfig {
  readonly id2label?: unknown;
  readonly label2id?: unknown;
  readonly num_labels?: unknown;
}

/** The result encoder keeps the number of a label in a byte, and one number is for texts that are uncertain. */
const LABELS_MAX = 255;
/** What the Hugging Face library assumes if nothing is said. */
const LABELS_DEFAULT = 2;

/**
 * The label of each column of the logits, and sentences about what was assumed. `given`: model.labels. `columns`: what
 * the graph says, if it does.
 */
export function readLabels(
  root: string,
  config: LabelConfig,
  given: readonly string[] | undefined,
  columns: number | undefined,
): { labels: string[]; notes: string[] } {
  const { labels, source, notes } = findLabels(root, config, given, columns);
  if (labels.length < 1 || labels.length > LABELS_MAX) {
    throw invalid(root, `has ${labels.length} labels (${source}); 1 to ${LABELS_MAX} are possible`);
  }
  const twice = labels.find((label, index) => labels.indexOf(label) !== index);
  if (twice !== undefined) {
    throw invalid(root, `gives two outputs the same label, ${JSON.stringify(twice)} (${source})`, {
      remedy: 'Name all outputs, in their order, with model.labels.',
    });
  }
  if (columns !== undefined && columns !== labels.length) {
    throw invalid(
      root,
      `has ${labels.length} ${labels.length === 1 ? 'label' : 'labels'} (${source}), but its graph has a head ` +
        `with ${columns} outputs`,
      { remedy: `Name all ${columns} outputs, in their order, with model.labels, if they are labels.` },
    );
  }
  return { labels, notes };
}

function findLabels(
  root: string,
  config: LabelConfig,
  given: readonly string[] | undefined,
  columns: number | undefined,
): { labels: string[]; source: string; notes: string[] } {
  if (given !== undefined) return { labels: [...given], source: 'model.labels', notes: [] };
  const named = labelsById(root, config.id2label);
  if (named !== undefined) {
    return {
      labels: named,
      source: 'id2label in config.json',
      notes: contradictions(named, config.label2id),
    };
  }
  const numbered = labelsByName(root, config.label2id);
  if (numbered !== undefined) {
    return {
      labels: numbered,
      source: 'label2id in config.json',
      notes: ['The labels come from label2id, because config.json has no id2label.'],
    };
  }
  const fromConfig = Number.isInteger(config.num_labels) ? (config.num_labels as number) : undefined;
  const count = fromConfig ?? columns ?? LABELS_DEFAULT;
  const source =
    fromConfig !== undefined ? 'num_labels' : columns !== undefined ? 'the graph' : 'the default';
  const labels = Array.from({ length: Math.max(0, Math.min(count, LABELS_MAX + 1)) }, (_, i) => `LABEL_${i}`);
  return {
    labels,
    source,
    notes: [
      `config.json names no labels, so they are ${labels.slice(0, 3).join(', ')}${count > 3 ? ', …' : ''} ` +
        `(${count}, by ${source}); model.labels can name them.`,
    ],
  };
}

/** undefined: it says nothing, or only repeats the numbers. */
function labelsById(root: string, id2label: unknown): string[] | undefined {
  if (typeof id2label !== 'object' || id2label === null) return undefined;
  const entries = Object.entries(id2label);
  if (entries.length === 0) return undefined;
  const labels = entries.map((_, index) => (id2label as Record<string, unknown>)[String(index)]);
  if (labels.every((label, index) => label === index || label === String(index))) return undefined;
  if (labels.every(isName)) return labels.map(String);
  throw invalid(root, 'has an id2label in config.json that does not name the outputs 0, 1, …', {
    remedy: 'Name all outputs, in their order, with model.labels.',
  });
}

function labelsByName(root: string, label2id: unknown): string[] | undefined {
  if (typeof label2id !== 'object' || label2id === null || Object.keys(label2id).length === 0)
    return undefined;
  const labels: string[] = [];
  const entries = Object.entries(label2id as Record<string, unknown>);
  for (const [label, id] of entries) if (Number.isInteger(id)) labels[id as number] = label;
  if (Object.keys(labels).length === entries.length && labels.length === entries.length) return labels;
  throw invalid(root, 'has a label2id in config.json that does not number its labels 0, 1, …', {
    remedy: 'Name all outputs, in their order, with model.labels.',
  });
}

/** A number, such as of stars, is a name too. */
function isName(label: unknown): boolean {
  return (typeof label === 'string' && label !== '') || typeof label === 'number';
}

function contradictions(labels: readonly string[], label2id: unknown): string[] {
  if (typeof label2id !== 'object' || label2id === null) return [];
  return labels.flatMap((label, index) => {
    const id = (label2id as Record<string, unknown>)[label];
    if (id === undefined || id === index) return [];
    return [
      `config.json contradicts itself: ${JSON.stringify(label)} is output ${index} in id2label and ` +
        `${JSON.stringify(id)} in label2id. ` +
        'id2label counts.',
    ];
  });
}
