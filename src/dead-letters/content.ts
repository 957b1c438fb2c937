import type { SourceMessage } from '../types.ts';

/** Bytes of somebody else's, for showing them. */
export interface ShownBytes {
  /** `hex`: it is not UTF-8. `none`: there is nothing, as opposed to an empty text. */
  readonly encoding: 'text' | 'hex' | 'none';
  readonly content: string;
  /** How long it is as a whole. */
  readonly bytes: number;
  /** There is more of it than `content`. */
  readonly isCut: boolean;
}

export interface ShownHeader extends ShownBytes {
  readonly name: string;
}

export interface ShownHeaders {
  readonly headers: readonly ShownHeader[];
  /** There are more than these. */
  readonly more: boolean;
}

export interface ShownValue {
  readonly key: ShownBytes;
  readonly value: ShownBytes;
}

const HEADERS_MAX = 100;
const NAME_MAX = 200;
const HEADER_BYTES_MAX = 2_048;
const VALUE_BYTES_MAX = 64 * 1_024;
const KEY_BYTES_MAX = 2_048;
/** Hexadecimal digits are for recognizing a format: nobody reads more of them. */
const HEX_BYTES_MAX = 1_024;

/** The headers of a record, those that its producer chose included. */
export function shownHeaders({ headers = [] }: SourceMessage): ShownHeaders {
  const all = headers.flatMap((header) => Object.entries(header));
  return {
    headers: all.slice(0, HEADERS_MAX).map(([name, value]) => ({
      name: name.slice(0, NAME_MAX),
      ...shown(value, HEADER_BYTES_MAX),
    })),
    more: all.length > HEADERS_MAX,
  };
}

/** The parts that belong to the user. */
export function shownValue({ key, value }: SourceMessage): ShownValue {
  return { key: shown(key, KEY_BYTES_MAX), value: shown(value, VALUE_BYTES_MAX) };
}

function shown(content: Buffer | string | null | undefined, max: number): ShownBytes {
  if (content == null) return { encoding: 'none', content: '', bytes: 0, isCut: false };
  const all = typeof content === 'string' ? Buffer.from(content) : content;
  const start = all.subarray(0, max);
  try {
    // As a stream, so that a character that the limit cuts in two is left out instead of being an error.
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(start, {
      stream: all.length > max,
    });
    if (!text.includes('\0'))
      return { encoding: 'text', content: text, bytes: all.length, isCut: all.length > max };
  } catch {
    // Not UTF-8: shown as what it is.
  }
  const hex = start.subarray(0, HEX_BYTES_MAX);
  return {
    encoding: 'hex',
    content: hex.toString('hex'),
    bytes: all.length,
    isCut: all.length > hex.length,
  };
}
