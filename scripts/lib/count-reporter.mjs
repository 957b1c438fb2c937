import { resolve } from 'node:path';

/**
 * A reporter of node:test for machines: one JSON object at the end, `{ passed, failures, skips }`, where
 * `failures` are names and `skips` are `{ name, reason }`. A file without any test is a failure.
 */
export default async function* countReporter(events) {
  let passed = 0;
  const failures = [];
  const skips = [];
  for await (const { type, data } of events) {
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    const isSuite = data.details?.type === 'suite';
    const isWholeFile = data.nesting === 0 && resolve(data.name) === data.file;
    if (type === 'test:fail') {
      // What fails only because of the tests in it is not counted: those are.
      if (data.details.error?.failureType !== 'subtestsFailed') failures.push(data.name);
    } else if (isWholeFile) {
      failures.push(`${data.name} defines no test`);
    } else if (data.skip !== undefined || data.todo !== undefined) {
      skips.push({ name: data.name, reason: reasonOf(data) });
    } else if (!isSuite) {
      passed++;
    }
  }
  yield JSON.stringify({ passed, failures, skips });
}

function reasonOf({ skip, todo }) {
  if (typeof skip === 'string') return skip;
  if (typeof todo === 'string') return todo;
  return todo === undefined ? 'no reason given' : 'to do';
}
