import type { UnreadableBatch } from '../clients.ts';
import { KubesentimentError } from '../errors.ts';
import { rdkafka, rdkafkaCode } from './codes.ts';

const reasons = new Map<number | undefined, string>([
  [rdkafka.messageTooLarge, 'it is larger than receive.message.max.bytes, at least when decompressed'],
  [rdkafka.badCompression, 'its compressed data are damaged'],
  [rdkafka.notImplemented, 'this librdkafka was built without its compression'],
  [rdkafka.badMessage, 'its checksum is wrong, or its records are damaged'],
]);
const codecs: Readonly<Record<string, string>> = { 1: 'gzip', 2: 'snappy', 3: 'lz4', 4: 'zstd' };

/** What an error of a consumer says about a batch; undefined if it is another one. Needs our patch (ADR 0016). */
export function unreadableBatch(error: unknown): UnreadableBatch | undefined {
  const { topic, partition, offset, detail } = (error ?? {}) as Partial<Record<string, unknown>>;
  const reason = reasons.get(rdkafkaCode(error));
  if (reason === undefined || typeof topic !== 'string' || typeof partition !== 'number') return undefined;
  const codec = codecs[/codec 0x(\d)/.exec(String(detail))?.[1] ?? ''];
  return { topic, partition, offset: Number(offset), codec: codec ?? 'none', reason };
}

/** KS_BATCH_UNREADABLE */
export function unreadableError(
  { topic, partition, offset, codec, reason }: UnreadableBatch,
  cause?: unknown,
): KubesentimentError {
  return new KubesentimentError(
    'KS_BATCH_UNREADABLE',
    `Partition ${topic}/${partition} cannot be read at offset ${offset} (codec ${codec}): ${reason}.`,
    { remedy: 'See "A partition stands still" in docs/troubleshooting.md.', cause },
  );
}
