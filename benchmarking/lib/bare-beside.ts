import { setTimeout as sleep } from 'node:timers/promises';
import type { BareOnnx } from './bare-onnx.ts';
import { type MeasuredRun, measureRun, type RunPlan } from './measured-run.ts';
import type { PackedTexts } from './packed-texts.ts';
import { rounded } from './statistics.ts';

export interface BareBeside {
  readonly bare_tps: number;
  /** What the service did at the same time. */
  readonly rest: MeasuredRun;
}

/** Time for the process to start, join its group and warm up. */
const SETTLE_MS = 6_000;

/**
 * Bare ONNX Runtime beside everything else: the service of `plan` has a model that sleeps and moves as many messages a
 * second as with the real one, and the broker serves it. Shows what this costs the bare model in processor time and
 * cache.
 */
export async function bareBeside(plan: RunPlan, bare: BareOnnx, texts: PackedTexts): Promise<BareBeside> {
  const rest = measureRun(plan);
  rest.catch(() => undefined); // awaited below
  await sleep(SETTLE_MS);
  const tps = rounded((await bare.measure(texts)).tps, 1);
  return { bare_tps: tps, rest: await rest };
}
