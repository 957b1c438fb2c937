import type { Cause, Facts, Finding, Limit, PartitionFacts } from './facts.ts';
import { isBehind, symptom } from './symptoms.ts';
import { count, milliseconds, nameOf, percent, several } from './words.ts';

/** From this share of the time on, threads or the event loop are at their limit. */
const AT_LIMIT = 0.85;
/** Of the scheduler's periods: fewer are short bursts. */
const THROTTLED = 0.1;
/** One transaction follows the other. */
const COMMITTING = 0.5;
/** Of the waiting messages, for one partition to be the reason. */
const MOST_WAITING = 0.8;
/** Of those that arrive: this many times as much as its share, and within these limits. */
const HOT_FACTOR = 2;
const HOT_MIN = 0.5;
const HOT_MAX = 0.8;

/** Why less gets done than is wanted. Only asked while messages wait in Kafka, or take longer than the target. */
export const slowCauses: readonly Cause[] = [
  cpuThrottled,
  skewed,
  tooFewPartitions,
  inferenceBound,
  eventLoopBound,
  brokerSlow,
  brokersDeliverSlowly,
  slowStage,
];

function cpuThrottled(facts: Facts): Finding | undefined {
  const { throttled, cpus } = facts.cpu;
  if (throttled === undefined || throttled < THROTTLED) return undefined;
  return slow(
    'cpu_quota',
    `The CPU quota is the limit: it was used up in ${percent(throttled)} of the scheduler's periods, and then ` +
      `everything stands still. ${symptom(facts)}`,
    `Raise the CPU limit of the container or remove it, or let fewer threads run (model.max_threads, ` +
      `${facts.inference.threads} for ${several(cpus, 'whole CPU')}).`,
  );
}

/** With one partition there is nothing to compare it with: see `tooFewPartitions`. */
function skewed(facts: Facts): Finding | undefined {
  const { partitions } = facts;
  if (!isBehind(facts) || partitions.length < 2) return undefined;
  const waiting = total(partitions, (each) => each.waiting);
  const arriving = total(partitions, (each) => each.arrivalsPerS);
  const hot = partitions.reduce((most, each) => (each.waiting > most.waiting ? each : most));
  const share = hot.waiting / waiting;
  const hotFrom = Math.min(HOT_MAX, Math.max(HOT_MIN, HOT_FACTOR / partitions.length));
  const isHot = arriving < 1 || hot.arrivalsPerS / arriving >= hotFrom;
  if (share < MOST_WAITING || !isHot) return undefined;
  const gets = arriving < 1 ? '' : `, and gets ${percent(hot.arrivalsPerS / arriving)} of those that arrive`;
  return slow(
    'skewed_partition',
    `${nameOf(hot)} is the limit: of ${several(partitions.length, 'partition')} it has ${percent(share)} of the ` +
      `${count(waiting)} waiting messages${gets}.`,
    'A partition is read in order and by one process, so more processes do not help: spread the keys of the ' +
      'requests, or give this process more CPUs.',
  );
}

function tooFewPartitions(facts: Facts): Finding | undefined {
  const { partitions, inference, loopBusy } = facts;
  const isAtLimit = Math.max(inference.busy, loopBusy) >= AT_LIMIT;
  if (!isBehind(facts) || !isAtLimit || partitions.length !== 1) return undefined;
  return slow(
    'too_few_partitions',
    `There are too few partitions: this process is at its limit with ${nameOf(partitions[0] as PartitionFacts)} ` +
      `alone, which no other process can share. ${symptom(facts)}`,
    'Add partitions to the topic, then start more processes; or give this process more CPUs.',
  );
}

function inferenceBound(facts: Facts): Finding | undefined {
  const { busy, threads } = facts.inference;
  if (busy < AT_LIMIT) return undefined;
  const { cpus } = facts.cpu;
  const remedy =
    threads < cpus
      ? `Raise model.max_threads, which is ${threads} on ${several(cpus, 'CPU')}; then start more processes.`
      : 'Start more processes of the group, give this one more CPUs, or use a smaller model.';
  return slow(
    'inference',
    `The model is the limit: ${several(threads, 'inference thread')} ${threads === 1 ? 'is' : 'are'} busy ` +
      `${percent(busy)} of the time. ${symptom(facts)}`,
    remedy,
  );
}

function eventLoopBound(facts: Facts): Finding | undefined {
  if (facts.loopBusy < AT_LIMIT) return undefined;
  return slow(
    'event_loop',
    `The main thread is the limit: it is busy ${percent(facts.loopBusy)} of the time with reading, decoding and ` +
      `writing, while the inference threads are busy ${percent(facts.inference.busy)}. ${symptom(facts)}`,
    'Start more processes of the group: the main thread of one process cannot use more than one CPU.',
  );
}

function brokerSlow(facts: Facts): Finding | undefined {
  const { targetMs, transactions } = facts;
  if (transactions.meanMs < targetMs || transactions.busy < COMMITTING) return undefined;
  return slow(
    'broker_commits',
    `The brokers are the limit: a transaction takes ${milliseconds(transactions.meanMs)}, and one is running ` +
      `${percent(transactions.busy)} of the time. ${symptom(facts)}`,
    'Look at disks, network and in-sync replicas of the brokers. If that is how fast they are, raise ' +
      'kafka.latency_target_ms: fewer and larger transactions help them.',
  );
}

function brokersDeliverSlowly(facts: Facts): Finding | undefined {
  if (!isBehind(facts)) return undefined;
  const { inference, loopBusy } = facts;
  return slow(
    'fetch',
    `Messages come too slowly from the brokers, or it is catching up: nothing here is at its limit (inference ` +
      `threads ${percent(inference.busy)}, main thread ${percent(loopBusy)} busy). ${symptom(facts)}`,
    'If the lag does not shrink, look at the network and the leaders of the partitions ("kubesentiment lag --watch").',
  );
}

function slowStage(facts: Facts): Finding {
  const [stage, ms] = Object.entries(facts.stageMs).reduce((most, each) => (each[1] > most[1] ? each : most));
  return slow(
    'latency',
    `Nothing is at its limit, and all is read; but a message takes longer than it should. ${symptom(facts)} ` +
      `The longest stage is ${stage}, ${milliseconds(ms)} on average.`,
    'Short stalls of the machine or the brokers do this. If it lasts: docs/runbook.md, KafkaConsumerLatencyHigh.',
  );
}

function total(partitions: readonly PartitionFacts[], what: (each: PartitionFacts) => number): number {
  return partitions.reduce((sum, each) => sum + what(each), 0);
}

function slow(limit: Limit, sentence: string, remedy: string): Finding {
  return { limit, severity: 'slow', sentence, remedy };
}
