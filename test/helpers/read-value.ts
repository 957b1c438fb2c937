import { loadBinding, type ReadRequest } from '../../src/decode/binding.ts';
import { mappingOf } from '../../src/decode/mapping.ts';
import { compileSchema } from '../../src/registry/compile-schema.ts';
import { fieldTree } from '../../src/registry/pointer-tree.ts';
import type { RegisteredSchema } from '../../src/registry/registered-schema.ts';
import type { RequestShape } from '../../src/request-shape.ts';

const usual: RequestShape = {
  format: 'auto',
  envelope: 'none',
  text: ['/text'],
  id: '/id',
  timestamp: '/timestamp',
  priority: '/priority',
  strict: true,
};

export interface ReadOptions {
  readonly request?: Partial<RequestShape>;
  readonly include?: Readonly<Record<string, string>>;
  readonly depthMax?: number;
}

export type Read = ReadRequest & {
  /** The sentence for the status; empty if it was read. */
  readonly reason: string;
  /** The included members. */
  readonly members: Record<string, unknown>;
};

const FRAME = Buffer.from([0, 0, 0, 0, 1]);

/** Reads values of one schema, as the service would. */
export async function valueReader(
  schema: RegisteredSchema,
  { request, include = {}, depthMax = 64 }: ReadOptions = {},
): Promise<(payload: Uint8Array) => Read> {
  const { NativeReader, describeStatus, schemaStatus } = loadBinding();
  const shape = { ...usual, ...request };
  const result = { shape: 'record', member: '', include } as const;
  const limits = { maxMessageBytes: 1 << 24, maxDepth: depthMax, encryptedOnly: 0 } as const;
  const reader = new NativeReader(limits, mappingOf(shape, result));
  const program = await compileSchema(schema, shape.format, fieldTree(shape, result), schemaStatus);
  const { format, refusal, code, strings } = program;
  reader.setSchema(FRAME, format, refusal, code, strings);
  return (payload) => {
    const read = reader.read(Buffer.concat([FRAME, payload]), undefined);
    const reason = read.status === 0 ? '' : describeStatus(read.status).message;
    return { ...read, reason, members: JSON.parse(`{"":0${read.included ?? ''}}`) };
  };
}

export function avroSchema(schema: unknown, ...references: readonly unknown[]): RegisteredSchema {
  return {
    type: 'AVRO',
    text: JSON.stringify(schema),
    references: references.map((each, i) => ({ name: `r${i}`, text: JSON.stringify(each) })),
  };
}
