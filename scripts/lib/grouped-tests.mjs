/**
 * Test files of which several share a process, since starting one takes longer than most tests. Where a test of theirs
 * fails, each file is run again by itself, as in `npm test`, and that is what counts.
 */
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * @typedef {{ files: string[], passed: number, failures: string[], skips: { name: string, reason: string }[] }} Outcome
 *   of a process
 */

/**
 * Resolves with the outcomes by which each file is told of once.
 *
 * @param {string[]} files sorted
 * @param {{ run: (files: string[]) => Promise<Outcome>, together: number, concurrency: number, progress?: string }} how
 *   `together`: the most files in one process, all of one folder; `concurrency`: processes at a time; `progress`: a
 *   file with a line for each outcome: what stands there is not run again
 * @returns {Promise<Outcome[]>}
 */
export async function runGrouped(files, { run, together, concurrency, progress }) {
  const known = new Set();
  const outcomes = outcomesIn(progress).filter((outcome) => {
    // A run of some of the files may have told of one that was told of before.
    const counts = outcome.files.every((file) => files.includes(file) && !known.has(file));
    if (counts) for (const file of outcome.files) known.add(file);
    return counts;
  });
  const groups = inGroups(
    files.filter((file) => !known.has(file)),
    together,
  );
  const worker = async () => {
    for (let group = groups.shift(); group !== undefined; group = groups.shift()) {
      const found = await runGroup(group, run);
      outcomes.push(...found);
      if (progress !== undefined)
        appendFileSync(progress, found.map((outcome) => `${JSON.stringify(outcome)}\n`).join(''));
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  return outcomes;
}

/** Resolves with the outcome of these files together or, if there is a failure, of each. */
async function runGroup(files, run) {
  const together = await run(files);
  if (together.failures.length === 0 || files.length === 1) return [together];
  const alone = [];
  for (const file of files) alone.push(await run([file]));
  return alone;
}

/** Without a last line that was only half written: it is cut off. */
function outcomesIn(progress) {
  if (progress === undefined || !existsSync(progress)) return [];
  const text = readFileSync(progress, 'utf8');
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  if (whole !== text) writeFileSync(progress, whole);
  const lines = whole.split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line));
}

function inGroups(files, size) {
  const groups = [];
  for (const file of files) {
    const last = groups.at(-1);
    if (last !== undefined && last.length < size && dirname(last[0]) === dirname(file)) last.push(file);
    else groups.push([file]);
  }
  return groups;
}
