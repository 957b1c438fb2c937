import type { Config } from '../config/schema.ts';
import { KubesentimentError } from '../errors.ts';
import type { HeldBack } from '../kafka/held-back.ts';
import { abortByMarker, abortByTakingOver } from '../kafka/transaction-end.ts';
import { type TransactionHolder, transactionHolder, transactionStart } from '../kafka/transaction-holders.ts';
import type { TopicPartition } from '../types.ts';
import { clusterProperties, heldBackReader } from './access.ts';
import type { Brokers } from './brokers.ts';
import { withMatchedTopics } from './matched-topics.ts';
import { topicsOf } from './topics.ts';

/** A transaction that holds back records of our topics, or of the group's offsets. */
export interface OpenTransaction extends TopicPartition {
  /** Where readers of committed records stop. */
  readonly offset: number;
  /** Records behind it. */
  readonly records: number;
  /** How long it has been open; null if unknown. */
  readonly seconds: number | null;
  readonly transactionalId: string | null;
  readonly producerId: number | null;
  /** Of its coordinator: null if none knows it. */
  readonly state: string | null;
  /** There is no id, and the user may not see all ids: a coordinator may well know the transaction. */
  readonly isHidden: boolean;
}

/** A coordinator that has begun to end a transaction does so in its own time. */
const isEnding = (state: string | undefined): boolean => state?.startsWith('Prepare') === true;

/**
 * The transactions that are open on the topics of the configuration and on the offsets of the group, the oldest of each
 * partition. KS_BROKER_UNREACHABLE, KS_NOT_AUTHORIZED.
 */
export async function listTransactions(config: Config, brokers: Brokers): Promise<OpenTransaction[]> {
  const named = await withMatchedTopics(config, brokers.reader);
  const held = heldBackReader(config);
  try {
    const names = topicsOf(named);
    const there = brokers.metadata.topics.filter(({ name }) => names.includes(name));
    const places = there.flatMap(({ name, partitions }) =>
      partitions.map(({ id }) => ({ topic: name, partition: id })),
    );
    const offsets = await held.findInOffsets().catch(() => undefined); // nobody has committed yet
    const found = [...(await held.find(places)), ...(offsets === undefined ? [] : [offsets])];
    return await Promise.all(found.map((each) => describe(each, brokers)));
  } finally {
    await held.close();
  }
}

/**
 * Ends a transaction: its records are never seen. Returns how. KS_STATE where that is not possible, or another one is
 * open than was listed: while a person confirms, it may have ended, and the next one have begun.
 */
export async function abortTransaction(
  config: Config,
  brokers: Pick<Brokers, 'all' | 'leaderOf'>,
  { topic, partition, offset, producerId }: OpenTransaction,
  { holderOf = transactionHolder, takeOver = abortByTakingOver, mark = abortByMarker } = {},
): Promise<'taken over' | 'marked'> {
  const place = { topic, partition };
  const holder = await holderOf(brokers.all, place);
  if (holder === undefined) {
    throw new KubesentimentError(
      'KS_STATE',
      `Nobody tells whose transaction is open in ${topic}/${partition}.`,
      {
        remedy:
          'It may have ended. Otherwise the user needs Read on the topic and Describe on transactional ids.',
      },
    );
  }
  if (holder.startOffset > offset || (producerId !== null && holder.producerId !== producerId)) {
    throw new KubesentimentError(
      'KS_STATE',
      'The transaction that was listed has ended; another one is open.',
      {
        remedy: 'List them again.',
      },
    );
  }
  const { transactionalId, state, isComplete, isHidden } = holder;
  if (isEnding(state)) {
    throw new KubesentimentError(
      'KS_STATE',
      `The coordinator is ending the transaction already (${state}).`,
      {
        remedy: 'Wait a minute, and look again. If it goes on, restart the broker that leads the partition.',
      },
    );
  }
  if (transactionalId !== undefined && state === 'Ongoing') {
    await takeOver(clusterProperties(config), transactionalId);
    return 'taken over';
  }
  if (isHidden) {
    throw new KubesentimentError('KS_NOT_AUTHORIZED', 'The user may not see whose transaction it is.', {
      remedy:
        'Grant the user Describe on all transactional ids, or use the login of an administrator (--config).',
    });
  }
  if (transactionalId === undefined && !isComplete) {
    throw new KubesentimentError(
      'KS_STATE',
      'A broker that may coordinate the transaction has not answered.',
      {
        remedy: 'Run it again when all brokers answer; they must have Kafka 3.0 or later.',
      },
    );
  }
  await mark(brokers.leaderOf(place), place, holder);
  return 'marked';
}

async function describe(
  { topic, partition, stableOffset, highWatermark, seconds }: HeldBack,
  brokers: Brokers,
): Promise<OpenTransaction> {
  const holder: TransactionHolder | undefined = await transactionHolder(brokers.all, { topic, partition });
  return {
    ...{ topic, partition, offset: stableOffset, records: highWatermark - stableOffset },
    seconds: await secondsOf(holder, seconds, brokers),
    transactionalId: holder?.transactionalId ?? null,
    producerId: holder?.producerId ?? null,
    state: holder?.state ?? null,
    isHidden: holder?.isHidden ?? false,
  };
}

/** Records can be far older than the transaction at work that has written them. */
async function secondsOf(
  holder: TransactionHolder | undefined,
  byRecord: number | null,
  brokers: Brokers,
): Promise<number | null> {
  if (holder?.transactionalId === undefined || holder.state !== 'Ongoing') return byRecord;
  const startedAtMs = await transactionStart(brokers.all, holder.transactionalId);
  return startedAtMs === undefined ? null : Math.max(0, Date.now() - startedAtMs) / 1_000;
}
