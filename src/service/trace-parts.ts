import type { MessageBatch } from '../classify/message-batch.ts';
import type { Config } from '../config/schema.ts';
import type { Exemplars } from '../metrics/exemplars.ts';
import { recordAgeMs } from '../record-age.ts';
import type { SlotTable } from '../slots.ts';
import type { SourceMessage } from '../types.ts';
import { packageVersion } from './versions.ts';

/** What tracing adds to a running service. */
export interface TraceParts {
  readonly onBatch: (batch: MessageBatch) => (error?: unknown) => void;
  /** Called before the slots of a commit are released. */
  readonly onCommitted: (slots: Int32Array, count: number) => void;
  close(): Promise<void>;
}

/** No tracing code is loaded when tracing is off. KS_CONFIG_INVALID if its SDK is missing. */
export async function createTraceParts(
  config: Config,
  table: SlotTable,
  exemplars: Exemplars,
): Promise<TraceParts | undefined> {
  if (config.tracing.exporter === 'none') return undefined;
  const { startTracing } = await import('../tracing/tracing.ts');
  const { BatchSpans } = await import('../tracing/batch-spans.ts');
  const { traceContextOf } = await import('../tracing/trace-context.ts');
  const tracing = await startTracing({
    exporter: config.tracing.exporter,
    endpoint: config.tracing.endpoint,
    sampleRatio: config.tracing.sample_ratio,
    version: packageVersion(),
  });
  const spans = new BatchSpans({
    tracer: tracing.tracer,
    table,
    topic: config.kafka.topic.join(','),
    consumerGroup: config.kafka.consumer_group,
    onEnd: (durationMs, trace) =>
      exemplars.note('kafka_stage_duration_seconds', durationMs / 1_000, trace, 'infer'),
  });

  /** The slowest message of a commit that belongs to a sampled trace. */
  const onCommitted = (slots: Int32Array, count: number): void => {
    const byAge = slots.slice(0, count).sort((a, b) => takenAt(a) - takenAt(b));
    for (const slot of byAge) {
      const { headers, timestamp } = table.message[slot] as SourceMessage;
      const trace = traceContextOf(headers);
      if (trace === undefined || trace.traceFlags === 0) continue;
      const seconds = (performance.now() - takenAt(slot)) / 1_000;
      exemplars.note('kafka_message_processing_duration_seconds', seconds, trace);
      const age = recordAgeMs(timestamp, Date.now());
      if (age !== undefined) exemplars.note('kafka_message_end_to_end_seconds', age / 1_000, trace);
      return;
    }
  };
  const takenAt = (slot: number): number => table.takenAt[slot] as number;
  return { onBatch: (batch) => spans.start(batch), onCommitted, close: () => tracing.close() };
}
