/**
 * How soon drift raises an alarm, and that steady traffic raises none. See README.md, "Drift". Nothing is
 * measured: hours of traffic are drawn from recorded results, and the clock is that of the simulation.
 */
import { Drift, OBSERVE_MS } from '../src/drift/drift.ts';
import { type Signal, signals } from '../src/drift/profile.ts';
import { baseline, recorded, Traffic } from '../test/helpers/recorded-traffic.ts';
import { readOptions } from './lib/options.ts';
import { report, runTool, say } from './lib/report.ts';
import { median, rounded } from './lib/statistics.ts';

/** Of the alert SentimentDrift in monitoring/prometheus/rules.yml. */
const limits: Readonly<Record<Signal, number>> = {
  labels: 0.02,
  scores: 0.1,
  length: 0.1,
  unknown_tokens: 0.1,
};
/** Prometheus as in monitoring/: a scrape, and then an evaluation of the rules. */
const ALERT_MS = 15_000 + 15_000;
const STEADY_MS = 600_000;
const SHIFT_MS_MAX = 3_600_000;
const SHIFTS = 20;
const SHIFT_PER_SECOND = 1_000;
const FROM = 0.5;
const TO = 0.6;
const DAY_MS = 86_400_000;
const ratesPerSecond = [1, 20, 1_000] as const;

await runTool(async (argv) => {
  const options = readOptions(argv, { messages: 0 });
  const shifts = Array.from({ length: SHIFTS }, (_, i) => noticedAfterMs(100 + i));
  say(`Ten points more of a label: over the limit after ${shifts.map((ms) => ms / 1_000).join(', ')} s.`);
  const days = ratesPerSecond.map((perSecond) => {
    const day = steadyDay(perSecond, 7 + perSecond);
    say(`A day at ${perSecond} a second: ${JSON.stringify(day)}`);
    return day;
  });
  const worstS = rounded((Math.max(...shifts) + ALERT_MS) / 1_000, 1);
  const alarms = days.reduce((sum, day) => sum + day.alarms, 0);
  const figures = {
    shift_noticed_s: rounded(median(shifts) / 1_000, 1),
    shift_noticed_s_max: rounded(Math.max(...shifts) / 1_000, 1),
    shift_alarmed_s_max: worstS,
    steady_alarms: alarms,
  };
  const shift = { per_second: SHIFT_PER_SECOND, from: FROM, to: TO, noticed_ms: shifts, alert_ms: ALERT_MS };
  const recordedResults = recorded.results.length;
  report('bench:drift', argv, options.json, figures, {
    ...{ limits, recorded_results: recordedResults, shift, days },
  });
  return worstS <= 60 && alarms === 0;
});

/** From the change until the figure of the labels is over the limit. */
function noticedAfterMs(seed: number): number {
  const traffic = new Traffic(seed);
  const drift = new Drift(traffic.counts, traffic.model, baseline(seed + 1_000));
  let now = 0;
  const tick = (positive: number): void => {
    traffic.send((SHIFT_PER_SECOND * OBSERVE_MS) / 1_000, positive);
    now += OBSERVE_MS;
    drift.observe(now);
  };
  while (now < STEADY_MS) tick(FROM);
  while ((drift.values?.labels ?? 0) <= limits.labels && now < STEADY_MS + SHIFT_MS_MAX) tick(TO);
  return now - STEADY_MS;
}

/** Unchanged traffic: how often a figure was over its limit, and the largest of each. */
function steadyDay(perSecond: number, seed: number) {
  const traffic = new Traffic(seed);
  const drift = new Drift(traffic.counts, traffic.model, baseline(seed + 1_000));
  const largest: Record<Signal, number> = { labels: 0, scores: 0, length: 0, unknown_tokens: 0 };
  let [looks, alarms] = [0, 0];
  for (let now = 0; now < DAY_MS; now += OBSERVE_MS) {
    traffic.send((perSecond * OBSERVE_MS) / 1_000, FROM);
    drift.observe(now);
    const { values } = drift;
    if (values === undefined) continue;
    looks++;
    for (const signal of signals) largest[signal] = Math.max(largest[signal], values[signal]);
    if (signals.some((signal) => values[signal] > limits[signal])) alarms++;
  }
  const shown = Object.fromEntries(signals.map((signal) => [signal, rounded(largest[signal], 5)]));
  return { per_second: perSecond, hours: DAY_MS / 3_600_000, looks, alarms, largest: shown };
}
