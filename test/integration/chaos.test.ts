/** Exactly once under fire: a short run of `npm run test:chaos`, with its own broker, which it stops and kills. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FAULT_KINDS } from '../chaos/plan.ts';
import { hasPassed, printReport } from '../chaos/report.ts';
import { runChaos } from '../chaos/run.ts';
import { noBroker } from '../helpers/kafka-broker.ts';
import { root } from '../helpers/paths.ts';

test('50,000 requests and every fault: each request once, in order', { skip: noBroker }, async (t) => {
  const report = await runChaos({
    records: 50_000,
    seed: 2,
    brokers: 3,
    minutes: 2,
    product: root,
    hasModels: true,
    print: (line) => t.diagnostic(line),
  });
  assert.ok(hasPassed(report), printReport(report));
  assert.equal(report.members.hung, 0, printReport(report));
  // A run in which nothing happened would prove nothing.
  assert.ok(report.faultCount >= FAULT_KINDS.length - report.leftOut.length);
  assert.ok(
    report.verdict.requests >= 50_000 && report.verdict.results > 45_000 && report.verdict.deadLetters > 0,
  );
  // Kafka's files and its readers agree on what was aborted.
  const { results, deadLetters, abortedRecords, uncommittedRecords } = report.verdict;
  assert.equal(uncommittedRecords, results + deadLetters + abortedRecords);
  const { models } = report;
  assert.ok(models !== undefined && models.versions > 1);
  const { first, second, canary } = models.answers;
  assert.ok(first > 0 && second > 0 && canary > 0, printReport(report));
  assert.ok(report.members.modelsReloaded > 0, printReport(report));
  assert.ok(report.verdict.abortedRecords > 0 && report.members.kills > 0 && report.members.rebalances > 0);
});
