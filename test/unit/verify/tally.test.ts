import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DeliveryReport, DeliveryTally, type RecordKind } from '../../../src/verify/tally.ts';

const at = (offset: number, partition = 0) => ({ topic: 'requests', partition, offset });

/** Requests 0 to `count` - 1 of partition 0, then these records: kind, offset of the request. */
function tallyOf(count: number, records: readonly [RecordKind, number][]): DeliveryTally {
  const tally = new DeliveryTally();
  for (let offset = 0; offset < count; offset++) tally.addRequest(at(offset));
  for (const [kind, offset] of records) tally.addRecord(kind, at(offset), 0);
  return tally;
}

const findings = (report: DeliveryReport) =>
  Object.fromEntries(
    (['lost', 'duplicated', 'both', 'outOfOrder', 'unknown'] as const)
      .filter((name) => report[name].count > 0)
      .map((name) => [name, report[name].examples]),
  );

test('one result or one dead letter for each request is exactly once', () => {
  const report = tallyOf(3, [
    ['result', 0],
    ['deadLetter', 1],
    ['result', 2],
  ]).report();
  assert.deepEqual(findings(report), {});
  assert.deepEqual([report.requests, report.results, report.deadLetters], [3, 2, 1]);
});

test('lost, duplicated, both and out of order are told apart', () => {
  assert.deepEqual(findings(tallyOf(2, [['result', 1]]).report()), { lost: ['requests/0/0'] });
  assert.deepEqual(
    findings(
      tallyOf(1, [
        ['result', 0],
        ['result', 0],
      ]).report(),
    ),
    { duplicated: ['requests/0/0'] },
  );
  assert.deepEqual(
    findings(
      tallyOf(1, [
        ['deadLetter', 0],
        ['deadLetter', 0],
      ]).report(),
    ),
    {
      duplicated: ['requests/0/0'],
    },
  );
  assert.deepEqual(
    findings(
      tallyOf(1, [
        ['result', 0],
        ['deadLetter', 0],
      ]).report(),
    ),
    { both: ['requests/0/0'] },
  );
  assert.deepEqual(
    findings(
      tallyOf(3, [
        ['result', 2],
        ['result', 0],
        ['result', 1],
      ]).report(),
    ),
    {
      outOfOrder: ['requests/0/0', 'requests/0/1'],
    },
  );
});

test('order is that of one partition of requests in one partition of results', () => {
  const tally = new DeliveryTally();
  for (const partition of [0, 1]) for (const offset of [0, 1]) tally.addRequest(at(offset, partition));
  tally.addRecord('result', at(1, 0), 0);
  tally.addRecord('result', at(0, 1), 0);
  tally.addRecord('result', at(0, 0), 1);
  tally.addRecord('deadLetter', at(1, 1), 0);
  assert.deepEqual(findings(tally.report()), {});
});

test('a partition of another results topic has an order of its own', () => {
  const tally = new DeliveryTally();
  for (const offset of [0, 1]) tally.addRequest(at(offset));
  tally.addRecord('result', at(1), 'results/0');
  tally.addRecord('result', at(0), 'alerts/0');
  assert.deepEqual(findings(tally.report()), {});
});

test('what is not committed is pending, not lost', () => {
  const report = tallyOf(5, [['result', 0]]).report(() => 2);
  assert.deepEqual(findings(report), { lost: ['requests/0/1'] });
  assert.equal(report.pending, 3);
});

test('what waits in a retry topic is not lost, and has no order when it comes out', () => {
  const tally = tallyOf(4, [
    ['result', 1],
    ['result', 2],
  ]);
  tally.addPutOff(at(0));
  tally.addPutOff(at(3));
  const report = tally.report();
  assert.deepEqual([findings(report), report.putOff, report.pending], [{}, 2, 0]);
  tally.addRecord('result', at(0), 0, undefined, true);
  tally.addRecord('result', at(3), 0);
  const later = tally.report();
  assert.deepEqual([findings(later), later.putOff], [{}, 0]);
  tally.addRecord('deadLetter', at(0), 0, undefined, true);
  assert.deepEqual(findings(tally.report()), { both: ['requests/0/0'] });
});

test('a request whose records may have been deleted is not called lost', () => {
  const tally = new DeliveryTally();
  tally.addRequest(at(7), true);
  tally.addRequest(at(8), true);
  tally.addRequest(at(9));
  tally.addRecord('result', at(8), 0);
  const report = tally.report();
  assert.deepEqual(findings(report), { lost: ['requests/0/9'] });
  assert.equal(report.forgotten, 1);
});

test('records of requests that were not read are outside; those of offsets in between are unknown', () => {
  const tally = new DeliveryTally();
  for (const offset of [5, 7]) tally.addRequest(at(offset));
  for (const offset of [4, 8, 5, 7, 6]) tally.addRecord('result', at(offset), offset === 6 ? 1 : 0);
  tally.addRecord('result', { topic: 'another', partition: 0, offset: 5 }, 0);
  const report = tally.report();
  assert.deepEqual(findings(report), { unknown: ['requests/0/6'] });
  assert.equal(report.outside, 3);
});

test('counts do not run over, and many offsets are held', () => {
  const tally = tallyOf(5_000, []);
  for (let i = 0; i < 300; i++) tally.addRecord('result', at(4_321), 0);
  for (let i = 0; i < 300; i++) tally.addRecord('deadLetter', at(4_321), 0);
  const report = tally.report();
  assert.equal(report.lost.count, 4_999);
  assert.equal(report.lost.examples.length, 10);
  assert.deepEqual([report.duplicated.count, report.both.count], [1, 1]);
});

const MINUTE_MS = 60_000;
const NOW = Date.UTC(2026, 0, 1);
const place = (partition: number, offset: number) => ({ topic: 't', partition, offset });

test('an unfinished request before one that was answered long ago is stuck, or lost', () => {
  const tally = new DeliveryTally(NOW);
  for (const offset of [0, 1, 2, 3]) tally.addRequest(place(0, offset), false, NOW - 10 * MINUTE_MS);
  tally.addRecord('result', place(0, 0), 0, NOW - 9 * MINUTE_MS);
  tally.addRecord('result', place(0, 2), 0, NOW - 9 * MINUTE_MS);
  const { pending, stuck } = tally.report(() => 0);
  assert.deepEqual([pending, stuck], [2, { count: 1, examples: ['t/0/1'] }]);
});

test('of two records that were written while topics are read, only the later one may be seen', () => {
  const tally = new DeliveryTally(NOW);
  for (const offset of [0, 1]) tally.addRequest(place(0, offset), false, NOW);
  tally.addRecord('result', place(0, 1), 0, NOW + 100);
  assert.equal(tally.report(() => 0).stuck.count, 0);
});

test('a partition that stands while the group works on others is stuck; one with a backlog is not', () => {
  const tally = new DeliveryTally(NOW);
  for (const partition of [0, 1, 2]) {
    tally.addRequest(place(partition, 0), false, NOW - 10 * MINUTE_MS);
    tally.addRequest(place(partition, 1), false, NOW - 10 * MINUTE_MS);
  }
  tally.addRequest(place(3, 0), false, NOW - MINUTE_MS / 2); // has just come
  tally.addRecord('result', place(0, 0), 0, NOW - 8 * MINUTE_MS);
  tally.addRecord('result', place(1, 0), 1, NOW - MINUTE_MS / 2);
  tally.addRecord('result', place(2, 0), 2, NOW);
  const { pending, stuck } = tally.report(() => 0);
  assert.deepEqual([pending, stuck], [4, { count: 1, examples: ['t/0/1'] }]);
});

test('a record that is older than its request answers nothing, and the request is not called lost', () => {
  const tally = new DeliveryTally(NOW);
  for (const offset of [0, 1]) tally.addRequest(place(0, offset), false, NOW);
  tally.addRecord('result', place(0, 0), 0, NOW - 5 * MINUTE_MS);
  tally.addRecord('result', place(0, 1), 0, NOW - MINUTE_MS / 2); // clocks differ
  const { tooOld, lost, forgotten, duplicated } = tally.report();
  assert.deepEqual([tooOld, lost.count, forgotten], [{ count: 1, examples: ['t/0/0'] }, 0, 0]);
  tally.addRecord('result', place(0, 0), 0, NOW);
  assert.deepEqual([tally.report().forgotten, duplicated.count], [0, 0]);
});

test('without times nothing is stuck or too old', () => {
  const tally = new DeliveryTally(NOW);
  for (const offset of [0, 1]) tally.addRequest(place(0, offset));
  tally.addRecord('result', place(0, 1), 0);
  const { stuck, tooOld } = tally.report(() => 0);
  assert.deepEqual([stuck.count, tooOld.count], [0, 0]);
});

test('what only another group has answered is neither lost nor duplicated', () => {
  const tally = new DeliveryTally(NOW);
  for (const offset of [0, 1]) tally.addRequest(place(0, offset));
  for (const offset of [0, 1, 1]) tally.addOfOthers(place(0, offset));
  tally.addRecord('result', place(0, 0), 0);
  const { lost, duplicated, onlyOfOthers } = tally.report();
  assert.deepEqual([lost.count, duplicated.count, onlyOfOthers], [0, 0, { count: 1, examples: ['t/0/1'] }]);
});
