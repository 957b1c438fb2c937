/** Documents as values behind a Schema Registry, with a schema that is made from what stands in them. */
import { KubesentimentError } from '../errors.ts';

export interface DemoSchema {
  readonly schemaType: 'AVRO' | 'PROTOBUF' | 'JSON';
  readonly schema: string;
}

type Members = Readonly<Record<string, unknown>>;
type Format = 'avro' | 'protobuf' | 'json_schema';

/** The schema of documents like this one: records, lists, strings and whole numbers. */
export function schemaOf(format: Format, document: unknown): DemoSchema {
  if (format === 'json_schema') return { schemaType: 'JSON', schema: '{"type":"object"}' };
  if (format === 'avro')
    return { schemaType: 'AVRO', schema: JSON.stringify(avroType(document, { next: 0 })) };
  const body = protobufMessage('Request', document as Members);
  return { schemaType: 'PROTOBUF', schema: `syntax = "proto3";\n${body}\n` };
}

/** With the id of its schema in front. */
export function framedDocument(format: Format, id: number, document: unknown): Buffer {
  const frame = Buffer.alloc(5);
  frame.writeUInt32BE(id, 1);
  if (format === 'json_schema') return Buffer.concat([frame, Buffer.from(JSON.stringify(document))]);
  if (format === 'avro') return Buffer.concat([frame, ...avroBytes(document)]);
  return Buffer.concat([frame, Buffer.of(0), ...protobufBytes(document as Members)]);
}

function avroType(value: unknown, count: { next: number }): unknown {
  if (typeof value === 'string') return 'string';
  if (typeof value === 'number') return 'long';
  if (Array.isArray(value)) return { type: 'array', items: avroType(value[0], count) };
  if (value === null) return 'null';
  const name = `Record${count.next++}`;
  const fields = Object.entries(value as Members).map(([field, inner]) => {
    if (!/^[A-Za-z_]\w*$/.test(field)) throw unnamed(field);
    return { name: field, type: avroType(inner, count) };
  });
  return { type: 'record', name, fields };
}

function avroBytes(value: unknown): Buffer[] {
  if (typeof value === 'string') return [zigzag(Buffer.byteLength(value)), Buffer.from(value)];
  if (typeof value === 'number') return [zigzag(value)];
  if (Array.isArray(value)) return [zigzag(value.length), ...value.flatMap(avroBytes), zigzag(0)];
  return value === null ? [] : Object.values(value as Members).flatMap(avroBytes);
}

function protobufMessage(name: string, document: Members): string {
  const inner: string[] = [];
  const fields = Object.entries(document).map(([field, value], i) => {
    if (!/^[A-Za-z_]\w*$/.test(field)) throw unnamed(field);
    const [one, label] = Array.isArray(value) ? [value[0], 'repeated '] : [value, ''];
    if (typeof one === 'object') inner.push(protobufMessage(`Inner${i}`, one as Members));
    const type = typeof one === 'string' ? 'string' : typeof one === 'number' ? 'int64' : `Inner${i}`;
    return `  ${label}${type} ${field} = ${i + 1};`;
  });
  return [`message ${name} {`, ...inner, ...fields, '}'].join('\n');
}

function protobufBytes(document: Members): Buffer[] {
  return Object.values(document).flatMap((value, i) =>
    (Array.isArray(value) ? value : [value]).flatMap((one) => {
      if (typeof one === 'number') return [varint((i + 1) * 8), varint(one)];
      const bytes = typeof one === 'string' ? Buffer.from(one) : Buffer.concat(protobufBytes(one as Members));
      return [varint((i + 1) * 8 + 2), varint(bytes.length), bytes];
    }),
  );
}

/** Of whole numbers from 0 on. */
function zigzag(value: number): Buffer {
  return varint(value * 2);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let left = value; ; left = Math.floor(left / 128)) {
    if (left < 128) return Buffer.from([...bytes, left]);
    bytes.push((left % 128) + 128);
  }
}

function unnamed(field: string): KubesentimentError {
  return new KubesentimentError('KS_USAGE', `The demo cannot make a schema with a field named "${field}".`);
}
