import { resolve } from 'node:path';

/**
 * A machine-readable reporter for node:test: one line of JSON per result, `{ kind, name, reason }` with the kinds
 * passed, failed and skipped, and finally `{ kind: 'end' }`. A file without any test is a failure.
 */
export default async function* countReporter(events) {
  for await (const { type, data } of events) {
    const result = resultOf(type, data);
    if (result !== undefined) yield `${JSON.stringify(result)}\n`;
  }
  yield `${JSON.stringify({ kind: 'end' })}\n`;
}

function resultOf(type, data) {
  const { name } = data;
  if (type === 'test:fail') {
    // A suite that fails only because of its tests is not counted: the tests are.
    return data.details.error?.failureType === 'subtestsFailed' ? undefined : { kind: 'failed', name };
  }
  if (type !== 'test:pass') return undefined;
  if (data.nesting === 0 && resolve(name) === data.file) {
    return { kind: 'failed', name: `${name} defines no test` };
  }
  if (data.skip !== undefined || data.todo !== undefined) {
    return { kind: 'skipped', name, reason: reasonOf(data) };
  }
  return data.details?.type === 'suite' ? undefined : { kind: 'passed', name };
}

function reasonOf({ skip, todo }) {
  if (typeof skip === 'string') return skip;
  if (typeof todo === 'string') return todo;
  return todo === undefined ? 'no reason given' : 'to do';
}
