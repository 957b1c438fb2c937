import { askBroker } from './ask-broker.ts';
import type { BrokerAccess } from './broker-connection.ts';
import { throwIfRefused } from './broker-refusal.ts';
import { ResourceType } from './config-request.ts';
import { int16, int32, int8, Reader, type RequestKind, text } from './wire.ts';

const incrementalAlterConfigs: RequestKind = { key: 44, version: 0, isCompact: false };
const SET = 0;
const DELETE = 1;

/** `value` null: back to what the cluster has for all topics. */
export interface TopicSetting {
  readonly name: string;
  readonly value: string | null;
}

/**
 * Changes settings of a topic, all or none; the others stay. Any broker passes it on. `isTrial`: says what would be
 * refused, and changes nothing. KS_USAGE for a setting or value that Kafka does not take, KS_NOT_AUTHORIZED,
 * KS_TOPIC_MISSING, KS_BROKER_UNREACHABLE.
 */
export async function alterTopic(
  access: BrokerAccess,
  topic: string,
  settings: readonly TopicSetting[],
  { isTrial }: { readonly isTrial: boolean },
): Promise<void> {
  const each = settings.map(({ name, value }) =>
    Buffer.concat([
      text(name),
      int8(value === null ? DELETE : SET),
      value === null ? int16(-1) : text(value),
    ]),
  );
  const resource = [int8(ResourceType.topic), text(topic), int32(each.length), ...each];
  const body = Buffer.concat([int32(1), ...resource, int8(isTrial ? 1 : 0)]);
  const reader = new Reader(await askBroker(access, (ask) => ask(incrementalAlterConfigs, body)));
  reader.int32(); // throttle time
  for (let count = reader.int32(); count > 0; count--) {
    const code = reader.int16();
    throwIfRefused(code, `Changing the topic ${topic}`, reader.text());
    reader.skip(1);
    reader.text();
  }
}
