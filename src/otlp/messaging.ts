import type { Histogram } from '../metrics/histogram.ts';
import type { MetricsSource } from '../metrics/source.ts';

/** Labels, a number that only grows or milliseconds, and the series of ours that the exemplars are of. */
export type MessagingPoint = readonly [
  labels: Readonly<Record<string, string>>,
  value: number | Histogram,
  exemplars?: readonly [metric: string, stage?: string],
];

/** A metric of the semantic conventions for messaging, which are still evolving: their names appear only here. */
export interface MessagingMetric {
  readonly name: string;
  readonly help: string;
  readonly unit: string;
  readonly points: readonly MessagingPoint[];
}

/** Those that the conventions recommend, in seconds. */
export const messagingBounds = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

const STAGE = 'kafka_stage_duration_seconds';

/** The same counts as under our own names, for dashboards that know the conventions. */
export function messagingMetrics({ counters, labels }: MetricsSource): MessagingMetric[] {
  const common = { 'messaging.system': 'kafka', 'messaging.consumer.group.name': labels.consumerGroup };
  const requests = { ...common, 'messaging.destination.name': labels.topic };
  const operation = (name: string, type: string) => ({
    'messaging.operation.name': name,
    'messaging.operation.type': type,
  });
  return [
    {
      name: 'messaging.client.consumed.messages',
      help: 'Messages read from Kafka.',
      unit: '{message}',
      points: [[{ ...requests, ...operation('poll', 'receive') }, counters.messagesConsumed]],
    },
    {
      name: 'messaging.client.sent.messages',
      help: 'Results and dead letters that were committed.',
      unit: '{message}',
      points: [
        [{ ...common, ...operation('send', 'send') }, counters.messagesProcessed + counters.deadLetters],
      ],
    },
    {
      name: 'messaging.process.duration',
      help: 'Time from poll to commit of each message.',
      unit: 's',
      points: [
        [
          { ...requests, ...operation('process', 'process') },
          counters.processing,
          ['kafka_message_processing_duration_seconds'],
        ],
      ],
    },
    {
      name: 'messaging.client.operation.duration',
      help: 'Duration of one poll, of writing the records of a transaction, and of its commit.',
      unit: 's',
      points: [
        [{ ...requests, ...operation('poll', 'receive') }, counters.stage.consume, [STAGE, 'consume']],
        [{ ...common, ...operation('send', 'send') }, counters.stage.publish, [STAGE, 'publish']],
        [{ ...requests, ...operation('commit', 'settle') }, counters.stage.commit, [STAGE, 'commit']],
      ],
    },
  ];
}
