import { type Attributes, type Span, SpanStatusCode, type Tracer } from '@opentelemetry/api';
import { KubesentimentError } from '../errors.ts';

/** Names from the semantic conventions for messaging, which are still evolving, so they appear only here. */
export const names = {
  system: 'messaging.system',
  operation: 'messaging.operation.name',
  operationType: 'messaging.operation.type',
  destination: 'messaging.destination.name',
  group: 'messaging.consumer.group.name',
  messages: 'messaging.batch.message_count',
  address: 'server.address',
  port: 'server.port',
  error: 'error.type',
} as const;

const types = { poll: 'receive', process: 'process', send: 'send', commit: 'settle' } as const;

export type Operation = keyof typeof types;

/** Asked once for each poll, batch and transaction: whether it gets spans, unless the tracer decides otherwise. */
export type IsSampled = () => boolean;

/** What spans say of the group and its cluster. */
export interface Surroundings {
  readonly consumerGroup: string;
  /** The first of the brokers that are named; undefined if none is. */
  readonly server: { readonly address: string; readonly port: number } | undefined;
}

/** What each kind of span is made with. */
export interface SpanParts {
  readonly tracer: Tracer;
  readonly isSampled: IsSampled;
  readonly surroundings: Surroundings;
}

/** `destination` undefined: there are several. */
export function nameOf(operation: Operation, destination: string | undefined): string {
  return destination === undefined ? operation : `${operation} ${destination}`;
}

/** `server`: only of what a broker is asked for. */
export function attributesOf(
  operation: Operation,
  destination: string | undefined,
  { consumerGroup, server }: Partial<Surroundings>,
): Attributes {
  return {
    [names.system]: 'kafka',
    [names.operation]: operation,
    [names.operationType]: types[operation],
    ...(destination !== undefined && { [names.destination]: destination }),
    ...(consumerGroup !== undefined && { [names.group]: consumerGroup }),
    ...(server !== undefined && { [names.address]: server.address, [names.port]: server.port }),
  };
}

/** The span says the code, and nothing of the cause. */
export function markFailed(span: Span, error: unknown): void {
  const code = error instanceof KubesentimentError ? error.code : 'KS_INTERNAL';
  span.setAttribute(names.error, code);
  span.setStatus({ code: SpanStatusCode.ERROR, message: code });
}
