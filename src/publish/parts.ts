import { type MessagePart, partBytes } from '../dead-letter.ts';
import type { SourceMessage } from '../types.ts';

const parts: readonly MessagePart[] = ['headers', 'value', 'key'];

/** The largest part of a message that is not left out yet; undefined if none has any bytes. */
export function largestPart(
  message: SourceMessage,
  omitted: ReadonlySet<MessagePart>,
): MessagePart | undefined {
  const rest = parts.filter((part) => !omitted.has(part) && partBytes(message, part) > 0);
  return rest.sort((a, b) => partBytes(message, b) - partBytes(message, a))[0];
}
