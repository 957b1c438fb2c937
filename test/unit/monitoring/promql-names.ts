/** Metric → its labels. */
export type Names = Map<string, ReadonlySet<string>>;

const keywords = new Set(
  (
    'and or unless by without on ignoring group_left bool offset sum avg min max count rate increase deriv ' +
    'changes absent vector histogram_quantile min_over_time max_over_time count_over_time'
  ).split(' '),
);

/** Metrics, and labels of metrics or groupings, that `names` does not have. Enough of PromQL for our own queries. */
export function badNames(expression: string, names: Names): string[] {
  const bad: string[] = [];
  const used: ReadonlySet<string>[] = [];
  const grouping = /\b(?:by|without|on|ignoring)\s*\(([^)]*)\)/g;
  const groupings = [...expression.matchAll(grouping)].map(([, list = '']) => list);
  const bare = expression.replaceAll(grouping, ' ').replaceAll(/\[[^\]]*\]/g, ' ');
  const selector = /([A-Za-z_][\w:]*)\s*(?:\{([^}]*)\})?/g;
  for (const [, name = '', matchers = ''] of withoutNumbers(bare).matchAll(selector)) {
    if (keywords.has(name)) continue;
    const labels = names.get(name);
    if (labels === undefined) {
      bad.push(name);
      continue;
    }
    used.push(labels);
    for (const [, label = ''] of matchers.matchAll(/(\w+)\s*(?:=~|!~|!=|=)\s*"[^"]*"/g)) {
      if (!labels.has(label)) bad.push(`${name}{${label}}`);
    }
  }
  for (const label of groupings.flatMap((list) => list.split(',').map((part) => part.trim()))) {
    if (!used.some((labels) => labels.has(label))) bad.push(`(${label})`);
  }
  return bad;
}

/** `6e9` is a number and no name. */
function withoutNumbers(expression: string): string {
  return expression.replaceAll(/(?<![\w"{])\d[\d.]*(?:e\d+)?(?![\w"])/g, ' ');
}
