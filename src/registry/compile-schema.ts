import type { SchemaProgram, SchemaStatus } from '../decode/binding.ts';
import type { RequestShape } from '../request-shape.ts';
import { avroProgram } from './avro-program.ts';
import type { FieldTree } from './pointer-tree.ts';
import { protobufProgram } from './protobuf-program.ts';
import type { RegisteredSchema } from './registered-schema.ts';

const formats = { avro: 'AVRO', protobuf: 'PROTOBUF', json_schema: 'JSON' } as const;

/** Values that are not read: why not. */
export function refusal(status: number): SchemaProgram {
  return { format: 3, refusal: status, code: new Int32Array(), strings: [] };
}

/** How values of a schema are read. Throws UnreadableSchema. */
export async function compileSchema(
  schema: RegisteredSchema,
  format: RequestShape['format'],
  fields: FieldTree,
  { kind }: SchemaStatus,
): Promise<SchemaProgram> {
  const wanted = format in formats ? formats[format as keyof typeof formats] : undefined;
  if (wanted !== undefined && wanted !== schema.type) return refusal(kind);
  if (schema.type === 'JSON') return { format: 0, refusal: 0, code: new Int32Array(), strings: [] };
  return schema.type === 'AVRO' ? avroProgram(schema, fields) : protobufProgram(schema, fields);
}
