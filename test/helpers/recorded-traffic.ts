/** Results drawn from recorded ones, for what watches them over hours. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Random } from '../../src/corpus/random.ts';
import { type Profile, profileOf } from '../../src/drift/profile.ts';
import { ResultCounts } from '../../src/metrics/result-counts.ts';
import { root } from './paths.ts';

/** What `models/default` said of 2,000 generated posts: [label, score, tokens, unknown tokens]. */
export const recorded = JSON.parse(readFileSync(join(root, 'test/fixtures/result-stream.json'), 'utf8')) as {
  readonly labels: readonly string[];
  readonly results: readonly (readonly [number, number, number, number])[];
};

/** A service whose traffic is drawn from the recorded results, and whose clock is ours. */
export class Traffic {
  readonly counts = new ResultCounts();
  readonly model = this.counts.of('v1', recorded.labels);
  readonly #random: Random;
  readonly #byLabel = [0, 1].map((label) => recorded.results.filter(([each]) => each === label));

  constructor(seed: number) {
    this.#random = new Random(seed);
  }

  /** `positive`: share of the second label. */
  send(results: number, positive = 0.5): void {
    for (let i = 0; i < results; i++) {
      const of = this.#byLabel[this.#random.chance(positive) ? 1 : 0] as (typeof recorded.results)[number][];
      const [label, score, tokens, unknown] = this.#random.pick(of);
      this.model.add(label, score, tokens, unknown, false);
    }
  }
}

export function baseline(seed = 1): Profile {
  const traffic = new Traffic(seed);
  traffic.send(50_000);
  return profileOf(traffic.counts, traffic.model);
}
