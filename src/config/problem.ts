import { KubesentimentError } from '../errors.ts';

/** Where a value comes from. */
export interface Place {
  /** `file:line:column`, `env NAME`, `command line` or `default`. */
  readonly where: string;
  readonly line?: number | undefined;
  readonly column?: number | undefined;
  /** The line of the file with a marker below; secrets are hidden. */
  readonly frame?: string | undefined;
}

/** One thing that is wrong with a configuration. */
export interface ConfigProblem extends Place {
  /** `section.key`, or empty if it is about the whole file. */
  readonly key: string;
  readonly message: string;
  readonly allowed?: string | undefined;
  /** What was probably meant. */
  readonly suggestion?: string | undefined;
}

/** Everything that is wrong with a configuration, in one error. */
export class ConfigError extends KubesentimentError {
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    const sorted = problems.toSorted(byPlace);
    const count = sorted.length === 1 ? 'a problem' : `${sorted.length} problems`;
    super('KS_CONFIG_INVALID', [`The configuration has ${count}:`, ...sorted.map(formatProblem)].join('\n'));
    this.name = 'ConfigError';
    this.problems = sorted;
  }
}

/** `file:line:col key: what is wrong; allowed: …; did you mean "x"?`, and the line below. */
function formatProblem({ where, key, message, allowed, suggestion, frame }: ConfigProblem): string {
  let sentence = key === '' ? `${where}: ${message}` : `${where} ${key}: ${message}`;
  if (allowed !== undefined) sentence += `; allowed: ${allowed}`;
  if (suggestion !== undefined) sentence += `; did you mean "${suggestion}"?`;
  return frame === undefined ? sentence : `${sentence}\n${frame}`;
}

function byPlace(a: ConfigProblem, b: ConfigProblem): number {
  if (a.line === undefined || b.line === undefined)
    return Number(a.line === undefined) - Number(b.line === undefined);
  return a.line - b.line || (a.column ?? 0) - (b.column ?? 0);
}
