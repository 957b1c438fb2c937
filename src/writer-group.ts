import type { MessageHeader, SourceMessage } from './types.ts';

const NAME = 'x-consumer-group';

/** Says on each result and dead letter which group wrote it: two groups may write to the same topics. */
export function groupHeader(group: string): MessageHeader {
  return { [NAME]: group };
}

/** Of a request that was itself written by a group. */
export function isGroupHeader(header: MessageHeader): boolean {
  return Object.hasOwn(header, NAME);
}

/** Undefined in records of earlier versions and of other programs. */
export function groupOf({ headers }: Pick<SourceMessage, 'headers'>): string | undefined {
  return headers?.find(isGroupHeader)?.[NAME]?.toString();
}
