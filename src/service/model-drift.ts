import { join } from 'node:path';
import type { Config } from '../config/schema.ts';
import { BASELINE_FILE, type Baseline, baselineOf, readBaseline } from '../drift/baseline.ts';
import { Drift } from '../drift/drift.ts';
import { KubesentimentError } from '../errors.ts';
import type { Profile } from '../drift/profile.ts';
import type { Logger } from '../log.ts';
import type { Counters } from '../metrics/counters.ts';
import type { ModelResults } from '../metrics/result-counts.ts';
import { type Edition, stagesOf } from '../predict/editions.ts';
import { modelDirectory } from '../predict/model-parts.ts';
import { resultLabels } from '../predict/routes.ts';

/**
 * Of what `edition` says from now on, both models of a cascade together, compared with the baseline in its directory if
 * there is one.
 */
export function driftOf(config: Config, edition: Edition, counters: Counters, logger: Logger): Drift {
  const { results } = counters;
  const counts = stagesOf(edition).map(({ model }) => results.of(model.version, resultLabels(model)));
  if (edition.cascade !== undefined) counters.openCascade();
  return new Drift(results, together(counts), findBaseline(config, edition, logger));
}

/** What `edition` has said in the last hour. KS_STATE if that is too little, or if another model answers, too. */
export function recordBaseline(drift: Drift, edition: Edition): Baseline {
  if (edition.canary?.trial.isOver === false)
    throw new KubesentimentError(
      'KS_STATE',
      'A canary answers some of the keys: a baseline is of one model.',
      {
        remedy: 'Record it when the trial has been over for an hour.',
      },
    );
  const [labels, modelVersion] = [resultLabels(edition.model), baselineVersion(edition)];
  return baselineOf(drift.lastHour(), { labels, modelVersion, at: new Date() });
}

/** A baseline is of a model, or of two with the score that decides between them. */
function baselineVersion({ model, cascade }: Edition): string {
  return cascade === undefined
    ? model.version
    : `${model.version}+${cascade.second.model.version} below ${cascade.below}`;
}

/** The labels are those of the first, in its order. */
function together(counts: readonly ModelResults[]): Pick<ModelResults, 'byLabel'> {
  const [first, second] = counts as [ModelResults, ModelResults | undefined];
  if (second === undefined) return first;
  return {
    get byLabel() {
      return first.byLabel.map(
        (count, i) => count + (second.byLabel[second.labels.indexOf(first.labels[i] as string)] ?? 0),
      );
    },
  };
}

/** A file that cannot be used is no reason not to start. */
function findBaseline(config: Config, edition: Edition, logger: Logger): Profile | undefined {
  if (config.model.path === null) return undefined;
  const file = join(modelDirectory(config), BASELINE_FILE);
  const labels = resultLabels(edition.model);
  const found = readBaseline(file, { labels, modelVersion: baselineVersion(edition) });
  if (found === undefined || 'counts' in found) return found?.counts;
  logger.warn('baseline_ignored', { file, reason: found.reason });
  return undefined;
}
