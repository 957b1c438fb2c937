import { setTimeout as sleep } from 'node:timers/promises';
import type { BareOnnx } from './bare-onnx.ts';
import { type MeasuredRun, measureRun, type RunPlan } from './measured-run.ts';
import type { PackedTexts } from './packed-texts.ts';
import { rounded } from './statistics.ts';

export interface BareBeside {
  readonly bare_tps: number;
  /** How fast the rest went meanwhile. */
  readonly rest: MeasuredRun;
}

/** Until the process has started, joined its group and warmed up. */
const SETTLE_MS = 6_000;

/**
 * Bare ONNX Runtime beside everything else: the consumer moves messages with a model that sleeps (`plan`), as many a
 * second as it does with the real one, and the broker serves it. Shows what the model alone loses by that, in time on
 * the cores and in what their caches hold.
 */
export async function bareBeside(plan: RunPlan, bare: BareOnnx, texts: PackedTexts): Promise<BareBeside> {
  const rest = measureRun(plan);
  rest.catch(() => undefined); // told below
  await sleep(SETTLE_MS);
  const tps = rounded(await bare.measure(texts), 1);
  return { bare_tps: tps, rest: await rest };
}
