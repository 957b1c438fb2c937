/** The number of processes that the service asks for keeps its goal, and not by having far too many. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ourBehaviour } from './autoscaler.ts';
import { FRESHNESS_S, type Outcome, type Scaling, simulate } from './group-simulator.ts';
import { loads } from './loads.ts';
import { recordedLoads } from './recorded-loads.ts';

/** Messages of lag for each process: what is usual, less, and more. */
const thresholds = [100, 1_000, 10_000];

function line(what: string, { late, oldestS, tooMuch, most, changes }: Outcome): string {
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
  return `${what}: oldest ${oldestS} s, late ${percent(late)}, too much ${percent(tooMuch)}, ${most}, ${changes}`;
}

for (const load of [...loads, ...recordedLoads]) {
  test(`${load.name}: no message older than the goal, at most a fifth too many processes`, (t) => {
    const run = (scaling: Scaling): Outcome => simulate(load, scaling, ourBehaviour);
    const ours = run('desired');
    t.diagnostic(line('kafka_desired_replicas', ours));
    assert.equal(ours.late, 0);
    assert.ok(ours.oldestS <= FRESHNESS_S);
    assert.ok(ours.tooMuch <= 0.2, line('too many', ours));
    for (const threshold of thresholds) {
      const other = run(threshold);
      t.diagnostic(line(`a lag of ${threshold}`, other));
      assert.ok(other.late > 0 || other.tooMuch > ours.tooMuch, 'a constant threshold does worse');
    }
  });
}

test('it does not depend on chance: the same with other partitions and arrivals', (t) => {
  for (const load of loads) {
    for (const seed of [2, 3, 4]) {
      const outcome = simulate(load, 'desired', ourBehaviour, seed);
      t.diagnostic(line(`${load.name}, ${seed}`, outcome));
      assert.ok(outcome.late === 0 && outcome.tooMuch <= 0.2, line(load.name, outcome));
    }
  }
});
