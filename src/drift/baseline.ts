import { existsSync, readFileSync } from 'node:fs';
import { KubesentimentError } from '../errors.ts';
import { type Profile, resultsIn, scoreBounds, signals, tokenBounds, total } from './profile.ts';

/** Name of the file in a model directory. */
export const BASELINE_FILE = 'baseline.json';
/** With fewer results a baseline says little about rare labels and long texts. */
const RESULTS_MIN = 1_000;
const FORMAT = 1;

/** What is written to the file: the counts, and what they were counted of. */
export interface Baseline {
  readonly format: number;
  readonly model_version: string;
  /** ISO 8601. */
  readonly recorded_at: string;
  readonly results: number;
  /** Names of the labels, in the order of `counts.labels`. */
  readonly labels: readonly string[];
  /** Upper ends of the bins; the last bin is open. */
  readonly score_bounds: readonly number[];
  readonly token_bounds: readonly number[];
  readonly counts: Profile;
}

/** KS_STATE if there are too few results. */
export function baselineOf(
  counts: Profile,
  { labels, modelVersion, at }: { labels: readonly string[]; modelVersion: string; at: Date },
): Baseline {
  const results = resultsIn(counts);
  if (results < RESULTS_MIN) {
    throw new KubesentimentError(
      'KS_STATE',
      `A baseline needs at least ${RESULTS_MIN} results, there are ${results}.`,
      { remedy: 'Wait for more, or give it more texts.' },
    );
  }
  return {
    format: FORMAT,
    model_version: modelVersion,
    recorded_at: at.toISOString(),
    results,
    labels,
    score_bounds: scoreBounds,
    token_bounds: tokenBounds,
    counts,
  };
}

/** A baseline that fits the model, why the file cannot be used, or undefined if there is none. */
export type FoundBaseline = { readonly counts: Profile } | { readonly reason: string } | undefined;

/** Reads the baseline for a model with these `labels` and this version. Never throws: a service runs without. */
export function readBaseline(
  path: string,
  { labels, modelVersion }: { labels: readonly string[]; modelVersion: string },
): FoundBaseline {
  if (!existsSync(path)) return undefined;
  try {
    const found = JSON.parse(readFileSync(path, 'utf8')) as Baseline;
    const reason = mistakeIn(found) ?? mismatch(found, labels, modelVersion);
    return reason === undefined ? { counts: found.counts } : { reason };
  } catch (error) {
    return {
      reason: error instanceof SyntaxError ? 'it is not JSON' : `it cannot be read: ${String(error)}`,
    };
  }
}

function mismatch(found: Baseline, labels: readonly string[], modelVersion: string): string | undefined {
  if (found.labels.join('\n') !== labels.join('\n'))
    return `it has the labels ${found.labels.join(', ')}, the model has ${labels.join(', ')}`;
  if (found.model_version === modelVersion) return undefined;
  return `it was recorded with the model version ${found.model_version}, this is ${modelVersion}`;
}

function mistakeIn(found: Baseline): string | undefined {
  if (found?.format !== FORMAT || !Array.isArray(found.labels)) return 'it is not a baseline';
  const bins = {
    labels: found.labels.length,
    scores: scoreBounds.length + 1,
    length: tokenBounds.length + 1,
    unknown_tokens: 2,
  };
  for (const signal of signals) {
    const counts: unknown = found.counts?.[signal];
    if (!Array.isArray(counts) || counts.length !== bins[signal] || !counts.every(isCount))
      return `it needs ${bins[signal]} counts of "${signal}"`;
    if (total(counts) === 0) return `it counts nothing of "${signal}"`;
  }
  return undefined;
}

function isCount(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
