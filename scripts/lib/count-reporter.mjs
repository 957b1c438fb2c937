import { resolve } from 'node:path';

/**
 * A reporter of node:test for machines: a line of JSON for each result, `{ kind, name, reason }` with the kinds
 * passed, failed and skipped, and `{ kind: 'end' }` at last. A file without any test is a failure.
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
    // What fails only because of the tests in it is not counted: those are.
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
