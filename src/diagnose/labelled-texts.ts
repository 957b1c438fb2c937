import { KubesentimentError } from '../errors.ts';

/** A text and, if the file says so, the label that is right. */
export interface LabelledText {
  readonly text: string;
  readonly label: string | undefined;
}

/**
 * Lines with a label and a tab before the text, if the first line begins with the name of a label and a tab; then all
 * of them must. Otherwise lines of text. `names`: what the file calls `labels`, in the same order; if they are given,
 * every line must have one. KS_USAGE.
 */
export async function* labelledTexts(
  lines: AsyncIterable<readonly string[]>,
  labels: readonly string[],
  names?: readonly string[],
): AsyncGenerator<LabelledText[]> {
  if (names !== undefined && (names.length !== labels.length || new Set(names).size !== names.length)) {
    const found = `${names.length} names of labels were given, but the first model has ${labels.length}`;
    throw new KubesentimentError('KS_USAGE', `${found}; each needs a name of its own.`, {
      remedy: `Give a name for each of ${labels.join(', ')}, in this order.`,
    });
  }
  const labelOf = new Map(labels.map((label, i) => [names?.[i] ?? label, label]));
  let isLabelled = names === undefined ? undefined : true;
  let number = 0;
  for await (const chunk of lines) {
    yield chunk.map((line) => {
      number++;
      const tab = line.indexOf('\t');
      const label = tab < 0 ? undefined : labelOf.get(line.slice(0, tab));
      isLabelled ??= label !== undefined;
      if (!isLabelled) return { text: line, label: undefined };
      if (label === undefined) throw notLabelled(number, [...labelOf.keys()]);
      return { text: line.slice(tab + 1), label };
    });
  }
}

/** The line is user data and must not be quoted. */
function notLabelled(number: number, names: readonly string[]): KubesentimentError {
  return new KubesentimentError('KS_USAGE', `Line ${number} does not begin with a label and a tab.`, {
    remedy: `The labels are ${names.join(', ')}. --labels says what the file calls them.`,
  });
}
