import { hideLogin } from './login.ts';
import type { ConfigProblem } from './problem.ts';
import { ANY_TEXT, type FieldFacts, type FieldKind, withUnit } from './schema/field.ts';
import type { Setting } from './setting.ts';
import { suggest } from './suggest.ts';
import { canonical, readText } from './text.ts';

const nouns: Readonly<Record<FieldKind, string>> = {
  text: 'text',
  whole: 'a whole number',
  bytes: 'a number of bytes',
  ratio: 'a number',
  flag: 'true or false',
  choice: 'one of the allowed values',
  list: 'a list',
  map: 'names with values',
};

export type Checked =
  | { readonly value: unknown; readonly problems?: undefined }
  | { readonly problems: readonly ConfigProblem[] };

/** The value of a setting, converted to the type of its key, or everything that is wrong with it. */
export function checkSetting(setting: Setting): Checked {
  if (setting.problem !== undefined) return { problems: [setting.problem] };
  const { facts, field, name } = setting.entry;
  const typed = setting.isText ? readText(facts, setting.value as string) : setting.value;
  const value = canonical(facts, typed);
  const result = field.safeParse(value);
  if (result.success) return { value: result.data };
  const problems = result.error.issues.map((issue) => {
    const culprit = valueAt(value, issue.path);
    return {
      key: name,
      message: `${memberOf(facts, issue, culprit)}${sentence(facts, issue, culprit, setting.isHidden)}`,
      allowed: facts.allowed === ANY_TEXT ? undefined : withUnit(facts),
      suggestion: suggestion(facts, culprit),
      ...setting.place(issue.path),
    };
  });
  return { problems };
}

interface Issue {
  readonly code?: string | undefined;
  readonly path: readonly PropertyKey[];
  readonly message: string;
  /** Names that are not known. */
  readonly keys?: readonly string[];
}

/** Which member of a value with several is meant, if the sentence does not say so itself. */
function memberOf({ members }: FieldFacts, { path: [name] }: Issue, value: unknown): string {
  return members === undefined || name === undefined || value === undefined ? '' : `${String(name)}: `;
}

function sentence(facts: FieldFacts, issue: Issue, value: unknown, isHidden: boolean): string {
  const shown = isHidden ? 'the value' : quote(value);
  if (facts.members !== undefined && issue.path.length > 0 && value === undefined)
    return `has no ${String(issue.path[0])}`;
  switch (issue.code) {
    case 'too_small':
      if (value === '') return 'is empty';
      return Array.isArray(value)
        ? 'the list is empty'
        : `${shown} is too ${typeof value === 'number' ? 'small' : 'short'}`;
    case 'too_big':
      return `${shown} is too large`;
    case 'invalid_value':
      if (typeof value === 'string') return `${shown} is not a known value`;
      break;
    case 'invalid_format':
      return `${shown} does not have the right form`;
    case 'unrecognized_keys':
      return `has an unknown member ${(issue.keys ?? []).join(', ')}`;
    case 'custom':
      return issue.message;
  }
  const expected = issue.path.length === 0 ? nouns[facts.kind] : expectedIn(facts, issue.path);
  const remedy = expected === 'text' && typeof value === 'number' ? '; write it in quotes' : '';
  const got = isHidden ? typeName(value) : `${typeName(value)} ${quote(value)}`.trimEnd();
  return `expected ${expected}, got ${got}${remedy}`;
}

/** Inside a list or a map. */
function expectedIn({ kind, members }: FieldFacts, [name]: readonly PropertyKey[]): string {
  if (members !== undefined) return members[String(name)] === 'number' ? 'a number' : 'text';
  return kind === 'map' ? 'text, a number, true or false' : 'text';
}

function suggestion(facts: FieldFacts, value: unknown): string | undefined {
  return typeof value === 'string' && facts.choices !== undefined ? suggest(value, facts.choices) : undefined;
}

function typeName(value: unknown): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'names with values';
  return typeof value === 'string' ? 'the text' : `the ${typeof value}`;
}

function quote(value: unknown): string {
  if (value === null || typeof value === 'object') return '';
  const text = typeof value === 'string' ? JSON.stringify(hideLogin(value)) : String(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce((inner, step) => (inner as Record<PropertyKey, unknown> | undefined)?.[step], value);
}
