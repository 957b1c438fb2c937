/** What requests look like and what results take from them, as far as reading a value needs it. */

/** In the place of a pointer: the key of the record. */
export const RECORD_KEY = '$key';

/** Of values that have a schema in a Schema Registry. auto: JSON without one, too. */
export type SchemaFormat = 'json_schema' | 'avro' | 'protobuf';

/** With a schema, a result is what a serializer of the Schema Registry writes. */
export type ResultFormat = 'json' | SchemaFormat;

/** Whether values may have a schema in a Schema Registry. */
export function hasSchemas({ format }: Pick<RequestShape, 'format'>): boolean {
  return format !== 'json' && format !== 'text';
}

/** Pointers are JSON Pointers (RFC 6901); an empty one means that there is no such field. */
export interface RequestShape {
  readonly format: 'json' | 'text' | SchemaFormat | 'auto';
  readonly envelope: 'none' | 'connect' | 'debezium' | 'cloudevents';
  /** Pointers; the texts that are there are joined by line feeds. */
  readonly text: readonly string[];
  readonly id: string;
  readonly timestamp: string;
  readonly priority: string;
  /** false: a byte-order mark, half surrogate pairs, NaN and Infinity are let through. */
  readonly strict: boolean;
}

export interface ResultShape {
  readonly format: ResultFormat;
  /** request: the result is added to the request under the name `member`. */
  readonly shape: 'record' | 'request';
  readonly member: string;
  /** Names and pointers of what is copied from the request. */
  readonly include: Readonly<Record<string, string>>;
}
