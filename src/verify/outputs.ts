import type { Config } from '../config/schema.ts';
import { resultsTopicsOf } from '../config/topics.ts';
import { requestOf } from '../dead-letter.ts';
import { KubesentimentError } from '../errors.ts';
import { wasPutOff } from '../put-off.ts';
import type { ValueReader } from '../registry/result-reader.ts';
import type { SourceMessage, TopicPartitionOffset } from '../types.ts';
import { groupOf } from '../writer-group.ts';
import type { History } from './history.ts';
import { writtenAt } from './kept-since.ts';
import { DEFAULT_ORIGIN, originReader } from './origin.ts';
import { readTopic } from '../cluster/read-topic.ts';
import type { DeliveryTally, RecordKind } from './tally.ts';

/** For topics that another program has written. */
export interface VerifyOptions {
  /** Where a result names its request, see `originReader`. Default: as ours do. */
  readonly origin?: string | undefined;
  /** Where a dead letter does. Default: in the headers that ours have. */
  readonly deadLetterOrigin?: string | undefined;
  /** false: there is no such topic, and every request must have a result. */
  readonly deadLetters?: boolean;
}

/** A topic whose records each belong to a request. */
export interface Output {
  readonly kind: RecordKind;
  readonly topic: string;
  readonly originOf: (message: SourceMessage) => TopicPartitionOffset | undefined;
  /** Where the user says the origin is. */
  readonly place: string | undefined;
}

/** `readValue`: of results. KS_USAGE when a place cannot be read. */
export function outputsOf(config: Config, options: VerifyOptions, readValue: ValueReader): Output[] {
  const { kafka, result } = config;
  const { origin: place, deadLetterOrigin, deadLetters = true } = options;
  const onlyTopic = kafka.topic.length === 1 ? kafka.topic[0] : undefined;
  const originOf = originReader(place ?? ownOrigin(result), onlyTopic, readValue);
  const outputs: Output[] = resultsTopicsOf(config).map((topic) => ({
    kind: 'result',
    topic,
    originOf,
    place,
  }));
  if (deadLetters && kafka.dlq_enabled) {
    outputs.push({
      kind: 'deadLetter',
      topic: kafka.dlq_topic,
      originOf: deadLetterOrigin === undefined ? requestOf : originReader(deadLetterOrigin, onlyTopic),
      place: deadLetterOrigin,
    });
  }
  return outputs;
}

/** Where our own results name their request. */
function ownOrigin({ shape, member }: Config['result']): string {
  const escaped = member.replaceAll('~', '~0').replaceAll('/', '~1');
  return shape === 'request' ? `/${escaped}${DEFAULT_ORIGIN}` : DEFAULT_ORIGIN;
}

/** What was read and belongs to no request of the group. */
export class Strangers {
  /** Records that do not name a request. */
  withoutOrigin = 0;
  /** Records about requests of a log that is gone. */
  ofEarlierLog = 0;
  /** Records that other groups wrote, by group. */
  readonly ofOtherGroups = new Map<string, number>();
}

/** KS_USAGE when a given place is in none of the records. */
export async function readOutput(
  config: Config,
  tally: DeliveryTally,
  strangers: Strangers,
  history: History,
  { kind, topic, originOf, place }: Output,
): Promise<void> {
  const { consumer_group: own } = config.kafka;
  let read = 0;
  let withoutOrigin = 0;
  await readTopic(config, topic, (message) => {
    read++;
    const group = groupOf(message) ?? own;
    const origin = originOf(message);
    if (group !== own) {
      strangers.ofOtherGroups.set(group, (strangers.ofOtherGroups.get(group) ?? 0) + 1);
      if (origin !== undefined) tally.addOfOthers(origin);
    } else if (origin === undefined) withoutOrigin++;
    else if (history.isOfEarlierLog(kind, origin, message)) strangers.ofEarlierLog++;
    else
      tally.addRecord(kind, origin, `${topic}/${message.partition}`, writtenAt(message), wasPutOff(message));
  });
  strangers.withoutOrigin += withoutOrigin;
  if (place !== undefined && read > 0 && withoutOrigin === read) {
    throw new KubesentimentError(
      'KS_USAGE',
      `None of the ${read} records in "${topic}" names a request at "${place}".`,
      { remedy: 'Look at one of them, and give the place of its topic, partition and offset.' },
    );
  }
}
