import { hasSchemas, RECORD_KEY, type RequestShape } from '../request-shape.ts';
import type { AttachedParts } from './binding.ts';
import { SCHEMA_ID_HEADER } from './schema-id.ts';
import type { MessageHeader, SourceMessage } from '../types.ts';

type Part = AttachedParts[number];
type Field = 'id' | 'timestamp' | 'priority';

const fields: readonly Field[] = ['id', 'timestamp', 'priority'];
const PARTS = 1 + fields.length + 1;
/** A binary CloudEvent has its attributes in headers, and this one always. */
const EVENT_MARK = 'ce_specversion';
/** Which attribute is which field, where the configuration does not say otherwise. */
const attributes: Readonly<
  Partial<Record<Field, { readonly unlessOther: string; readonly header: string }>>
> = {
  id: { unlessOther: '/id', header: 'ce_id' },
  timestamp: { unlessOther: '/timestamp', header: 'ce_time' },
};

/** What belongs to a request and stands in the key or in the headers of its record. One array for all polls. */
export class Attached {
  readonly #requests: readonly RequestShape[];
  readonly #parts: Part[] = [];

  private constructor(requests: readonly RequestShape[]) {
    this.#requests = requests;
  }

  /** By the number of their shape. undefined where everything stands in the values. */
  static of(...requests: readonly RequestShape[]): Attached | undefined {
    const isNeeded = requests.some(
      (request) =>
        request.envelope === 'cloudevents' ||
        hasSchemas(request) ||
        fields.some((field) => request[field] === RECORD_KEY),
    );
    return isNeeded ? new Attached(requests) : undefined;
  }

  /** Of the first `count` messages; valid until the next call of `set`. */
  get parts(): AttachedParts {
    return this.#parts;
  }

  set(place: number, { key, headers }: SourceMessage, shape = 0): void {
    const request = this.#requests[shape] as RequestShape;
    const isBare = request.envelope === 'cloudevents' && headerOf(headers, EVENT_MARK) !== undefined;
    const at = place * PARTS;
    this.#parts[at] = isBare;
    for (const [i, field] of fields.entries()) {
      const attribute = attributes[field];
      const from = request[field];
      let part: Part;
      if (from === RECORD_KEY) part = toBytes(key);
      else if (isBare && attribute?.unlessOther === from) part = toBytes(headerOf(headers, attribute.header));
      this.#parts[at + 1 + i] = part;
    }
    const schemaId = hasSchemas(request) ? headerOf(headers, SCHEMA_ID_HEADER) : undefined;
    this.#parts[at + PARTS - 1] = schemaId === undefined ? undefined : toBytes(schemaId);
  }

  /** Keeps no message longer than needed. */
  clear(): void {
    this.#parts.length = 0;
  }
}

function toBytes(part: Buffer | string | null | undefined): Part {
  return typeof part === 'string' ? Buffer.from(part) : (part ?? null);
}

function headerOf(headers: MessageHeader[] | undefined, name: string): Buffer | string | null | undefined {
  return headers?.find((header) => Object.hasOwn(header, name))?.[name];
}
