import { type Checked, checkSetting } from './check.ts';
import type { ConfigProblem } from './problem.ts';
import { configKeys } from './schema.ts';
import type { Setting } from './setting.ts';
import { suggest } from './suggest.ts';
import { readText } from './text.ts';

type Entry = Readonly<Record<string, unknown>>;

const requestKeys = [...configKeys.values()]
  .filter(({ section }) => section === 'request')
  .map(({ key }) => key);
const members = ['topic', 'request'];

/**
 * `kafka.topics`. Each key of a `request:` is checked like the one in the section `request:`: it may be written in the
 * same ways, and what is wrong is said in the same words.
 */
export function checkTopics(setting: Setting): Checked {
  if (setting.problem !== undefined) return { problems: [setting.problem] };
  const { entry, isText } = setting;
  const list = isText ? readText(entry.facts, setting.value as string) : setting.value;
  if (!Array.isArray(list) || !list.every(isMap)) {
    return { problems: [problemOf(setting, [], 'is not a list of {topic, request}')] };
  }
  const read = list.map((one, index) => readEntry(setting, one, index));
  const problems = [...read.flatMap((one) => one.problems), ...repeated(setting, list)];
  if (problems.length > 0) return { problems };
  return checkSetting({ ...setting, value: read.map(({ value }) => value), isText: false });
}

function readEntry(setting: Setting, entry: Entry, index: number) {
  const problems: ConfigProblem[] = [];
  for (const name of Object.keys(entry)) {
    if (members.includes(name)) continue;
    const isOfRequest = requestKeys.includes(name);
    const message = isOfRequest ? 'belongs below request:' : 'unknown key';
    const suggestion = isOfRequest ? undefined : suggest(name, members);
    problems.push({ ...problemOf(setting, [index, name], message), suggestion });
  }
  if (entry['topic'] === undefined) problems.push(problemOf(setting, [index], 'has no topic'));
  const { request = {} } = entry;
  const own: Record<string, unknown> = {};
  if (!isMap(request)) problems.push(problemOf(setting, [index, 'request'], 'must contain keys of request:'));
  for (const [key, value] of Object.entries(isMap(request) ? request : {})) {
    const path = [index, 'request', key];
    const checked = checkKey(setting, key, value, path);
    if (checked.problems === undefined) own[key] = checked.value;
    else problems.push(...checked.problems.map((problem) => ({ ...problem, key: nameOf(path) })));
  }
  return { value: { ...entry, request: own }, problems };
}

function checkKey(setting: Setting, key: string, value: unknown, path: readonly PropertyKey[]): Checked {
  const entry = configKeys.get(`request.${key}`);
  if (entry === undefined) {
    const suggestion = suggest(key, requestKeys);
    return { problems: [{ ...problemOf(setting, path, 'unknown key'), suggestion }] };
  }
  const place = (rest: readonly PropertyKey[]) => setting.place([...path, ...rest]);
  return checkSetting({ ...setting, entry, value, isText: typeof value === 'string', place });
}

function repeated(setting: Setting, entries: readonly Entry[]): ConfigProblem[] {
  const topics = entries.map((entry) => entry['topic']);
  return topics.flatMap((topic, index) =>
    topic === undefined || topics.indexOf(topic) === index
      ? []
      : [problemOf(setting, [index, 'topic'], `"${topic}" is in the list already`)],
  );
}

function problemOf(setting: Setting, path: readonly PropertyKey[], message: string): ConfigProblem {
  return { key: nameOf(path), message, ...setting.place(path) };
}

function nameOf([index, ...rest]: readonly PropertyKey[]): string {
  const place = index === undefined ? '' : `[${String(index)}]`;
  return [`kafka.topics${place}`, ...rest.map(String)].join('.');
}

function isMap(value: unknown): value is Entry {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
