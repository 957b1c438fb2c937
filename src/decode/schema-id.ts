import type { SourceMessage } from '../types.ts';

/** A zero, then the id of the schema, big-endian. */
const FRAME_BYTES = 5;
/** Where newer serializers of a Schema Registry put the id. */
export const SCHEMA_ID_HEADER = '__value_schema_id';

/** A one, then the GUID of the schema. */
const GUID_BYTES = 17;

/** What says which schema the value has: see `SchemaPort`. undefined if nothing does. */
export function schemaIdOf({ value, headers }: Pick<SourceMessage, 'value' | 'headers'>): Buffer | undefined {
  const header = headers?.find((each) => Object.hasOwn(each, SCHEMA_ID_HEADER))?.[SCHEMA_ID_HEADER];
  if (header === undefined || header === null) return startOf(value, FRAME_BYTES, 0);
  const bytes = Buffer.from(header);
  return startOf(bytes, FRAME_BYTES, 0) ?? startOf(bytes, GUID_BYTES, 1);
}

/** The id as a number, or the GUID as it is usually written. */
export function schemaNameOf(id: Uint8Array): string {
  const bytes = Buffer.from(id);
  if (bytes[0] === 0) return String(bytes.readUInt32BE(1));
  return bytes.toString('hex', 1).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

function startOf(bytes: Buffer | null, size: number, first: number): Buffer | undefined {
  return bytes !== null && bytes.length >= size && bytes[0] === first ? bytes.subarray(0, size) : undefined;
}
