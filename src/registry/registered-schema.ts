/** A schema as a registry has it. */
export interface RegisteredSchema {
  readonly type: 'AVRO' | 'PROTOBUF' | 'JSON';
  readonly text: string;
  /** What it refers to, directly or not: each after those that it refers to itself. */
  readonly references: readonly { readonly name: string; readonly text: string }[];
}
