/** A member of the group with two models, of which the new one answers some of the keys. */
import { CanaryTrial, type TrialLimits } from '../../src/canary/trial.ts';
import { CanaryCounts } from '../../src/metrics/canary-counts.ts';
import { positionOf } from '../../src/canary/key-hash.ts';
import { createDecoder } from '../../src/predict/model-parts.ts';
import { SlotTable } from '../../src/slots.ts';
import { originOf } from './audit.ts';
import type { FakeBroker, StoredRecord } from './fake-broker.ts';
import { FakePool, type FakePoolOptions, logitsOf } from './fake-pool.ts';
import { configOf, Member, type MemberOptions, model, textOf, tokensOf, topics } from './rig.ts';

export const SHARE = 0.3;
/** Reads less of a text than the old one, so that rows of the wrong one are noticed. */
export const next = { ...model, maxLength: 12, name: 'next', version: 'next' };
const nextTable = new SlotTable(1);
const nextDecoder = createDecoder(configOf(), next, nextTable);

export const nextLogitsOf = (tokens: readonly number[]): [number, number] => logitsOf([...tokens, 1]);

export function nextTokensOf(text: string): number[] {
  nextDecoder.decodeTexts([text], Int32Array.of(0), 1);
  return Array.from(nextDecoder.tokens(0));
}

export interface CanaryMember {
  readonly member: Member;
  readonly trial: CanaryTrial;
  readonly counts: CanaryCounts;
  readonly pool: FakePool;
}

/** `limits`: default: nothing ends the trial. `windowOverlap`: both read long texts in windows. */
export function canaryMember(
  broker: FakeBroker,
  {
    limits = {},
    pool: poolOptions = {},
    windowOverlap,
    ...options
  }: Omit<MemberOptions, 'pool'> & {
    readonly limits?: Partial<TrialLimits>;
    readonly pool?: FakePoolOptions;
    readonly windowOverlap?: number;
  } = {},
): CanaryMember {
  const counts = new CanaryCounts(next, SHARE);
  const trial = new CanaryTrial(counts, { disagreement: 1, errors: 1, slowdown: 1_000, ...limits });
  const pool = new FakePool({ logitsOf: nextLogitsOf, timeoutMs: 20, ...poolOptions });
  const member = new Member(broker, {
    ...options,
    model: { ...model, windowOverlap },
    withCanary: (edition, { table }) => {
      const own = { ...next, windowOverlap };
      const decoder = createDecoder(configOf(options.settings), own, table);
      return { ...edition, canary: { trial, next: { number: 2, model: own, pool, decoder } } };
    },
  });
  return { member, trial, counts, pool };
}

/** Every fifth request has no key; the others have one of forty. */
export function sendKeyed(broker: FakeBroker, from: number, count: number, text = textOf): void {
  const partitions = broker.partitions(topics.requests).length;
  for (let i = from; i < from + count; i++) {
    const key = i % 5 === 4 ? null : `user-${i % 40}`;
    const partition = (i % 40) % partitions;
    broker.request(topics.requests, {
      ...{ partition, key: key === null ? null : Buffer.from(key) },
      value: Buffer.from(JSON.stringify({ text: text(i) })),
    });
  }
}

export function isChosen({ topic, partition, offset, key }: StoredRecord): boolean {
  return positionOf({ topic, partition, offset, key, value: null, size: 0 }) < SHARE;
}

export function byOf(result: StoredRecord): string {
  return (JSON.parse(String(result.value)) as { model: string }).model;
}

function scoreOf([a, b]: readonly [number, number]): number {
  return 1 / (1 + Math.exp(-Math.abs(a - b)));
}

/**
 * What is wrong: lost, doubled and disordered results, scores of another model or text. `mayReturn`: the old model may
 * have answered what the new one should.
 */
export function canaryFaults(broker: FakeBroker, mayReturn = false): string[] {
  const faults = [...broker.audit.violations];
  const requests = new Map(
    broker.all(topics.requests).map((each) => [`${each.partition}/${each.offset}`, each]),
  );
  const last = new Map<string, number>();
  const seen = new Set<string>();
  for (const record of broker.all(topics.results)) {
    const { partition, offset } = originOf(record);
    const name = `${partition}/${offset}`;
    const request = requests.get(name) as StoredRecord;
    const { text } = JSON.parse(String(request.value)) as { text: string };
    const { score, model: by } = JSON.parse(String(record.value)) as { score: number; model: string };
    const wanted = by === 'next' ? nextLogitsOf(nextTokensOf(text)) : logitsOf(tokensOf(text));
    if (Math.abs(score - scoreOf(wanted)) > 1e-4) faults.push(`${name}: not the score of ${by}`);
    const isRight = (by === 'next') === isChosen(request);
    if (!isRight && !(mayReturn && by !== 'next')) faults.push(`${name}: answered by ${by}`);
    if (seen.has(name)) faults.push(`${name}: doubled`);
    seen.add(name);
    const way = `${partition} to ${record.partition}`;
    if (offset <= (last.get(way) ?? -1)) faults.push(`${way}: ${offset} is out of order`);
    last.set(way, offset);
  }
  for (const record of broker.all(topics.deadLetters))
    faults.push(`${JSON.stringify(originOf(record))}: a dead letter`);
  if (seen.size !== requests.size) faults.push(`${seen.size} of ${requests.size} answered`);
  return faults;
}
