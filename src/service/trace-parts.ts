import type { Config } from '../config/schema.ts';
import { resultsTopicsOf, retryTopicsOf } from '../config/topics.ts';
import type { Logger } from '../log.ts';
import type { Exemplars } from '../metrics/exemplars.ts';
import type { PipelineTracer } from '../pipeline/pipeline.ts';
import { recordAgeMs } from '../record-age.ts';
import type { SlotTable } from '../slots.ts';
import { isPattern } from '../topic-patterns.ts';
import type { SourceMessage } from '../types.ts';
import { exportReport } from './export-report.ts';
import { packageVersion } from './versions.ts';

/** What tracing adds to a running service. */
export interface TraceParts {
  /** None of its calls throws. */
  readonly tracer: PipelineTracer;
  /** Called before the slots of a commit are released. Never throws. */
  readonly onCommitted: (slots: Int32Array, count: number) => void;
  close(): Promise<void>;
}

/** No tracing code is loaded when tracing is off. KS_CONFIG_INVALID if its SDK is missing. */
export async function createTraceParts(
  config: Config,
  table: SlotTable,
  exemplars: Exemplars,
  logger: Logger,
): Promise<TraceParts | undefined> {
  if (config.tracing.exporter === 'none') return undefined;
  const { exporter, endpoint } = config.tracing;
  const { startTracing } = await import('../tracing/tracing.ts');
  const { createSpans } = await import('../tracing/spans.ts');
  const { traceContextOf } = await import('../tracing/trace-context.ts');
  const { guarded } = await import('../tracing/guarded.ts');
  const onFault = (error: unknown): void => logger.warn('tracing_failed', {}, error);
  const report = exportReport(endpoint, logger);
  const tracing = await startTracing({
    ...{ exporter, endpoint },
    sampleRatio: config.tracing.sample_ratio,
    version: packageVersion(),
    onExport: report.onExport,
    onDropped: report.onDropped,
  });
  const tracer = createSpans({
    ...{ tracer: tracing.tracer, isSampled: tracing.isSampled },
    table,
    surroundings: { consumerGroup: config.kafka.consumer_group, server: serverOf(config) },
    requestsTopic: onlyOf([...config.kafka.topic, ...retryTopicsOf(config)]),
    resultsTopic: onlyOf(resultsTopicsOf(config)),
    onStage: (stage, durationMs, trace) =>
      exemplars.note('kafka_stage_duration_seconds', durationMs / 1_000, trace, stage),
    onTransaction: (durationMs, trace) =>
      exemplars.note('kafka_transaction_duration_seconds', durationMs / 1_000, trace),
    onFault,
  });

  /** The slowest message of a commit that belongs to a sampled trace. */
  const onCommitted = (slots: Int32Array, count: number): void => {
    let slowest: { readonly slot: number; readonly traceId: string; readonly spanId: string } | undefined;
    for (const slot of slots.subarray(0, count)) {
      if (slowest !== undefined && takenAt(slot) >= takenAt(slowest.slot)) continue;
      const trace = traceContextOf((table.message[slot] as SourceMessage).headers);
      if (trace !== undefined && trace.traceFlags !== 0)
        slowest = { slot, traceId: trace.traceId, spanId: trace.spanId };
    }
    if (slowest === undefined) return;
    const { timestamp } = table.message[slowest.slot] as SourceMessage;
    const seconds = (performance.now() - takenAt(slowest.slot)) / 1_000;
    exemplars.note('kafka_message_processing_duration_seconds', seconds, slowest);
    const age = recordAgeMs(timestamp, Date.now());
    if (age !== undefined) exemplars.note('kafka_message_end_to_end_seconds', age / 1_000, slowest);
  };
  const takenAt = (slot: number): number => table.takenAt[slot] as number;
  const close = async (): Promise<void> => {
    await tracing.close();
    report.close();
  };
  return { tracer, onCommitted: guarded(onCommitted, onFault), close };
}

/** The first of the brokers: which of them answers is not known here. */
function serverOf({ kafka }: Config): { readonly address: string; readonly port: number } | undefined {
  const [, bracketed, plain, port] =
    /^(?:\[(.+)\]|([^:]+)):(\d+)$/.exec(kafka.bootstrap_servers[0] ?? '') ?? [];
  const address = bracketed ?? plain;
  return address === undefined ? undefined : { address, port: Number(port) };
}

function onlyOf([topic, ...others]: readonly string[]): string | undefined {
  return topic === undefined || others.length > 0 || isPattern(topic) ? undefined : topic;
}
