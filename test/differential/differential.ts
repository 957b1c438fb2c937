/** The reader and the official deserializers over random schemas and values. A case is known by its number. */
import { avroCase } from './avro-case.ts';
import { protobufCase } from './protobuf-case.ts';
import { RandomValues } from './random-values.ts';
import { differenceOf, type DifferentialCase } from './run-case.ts';

export const formats = { avro: avroCase, protobuf: protobufCase } as const satisfies Record<
  string,
  (random: RandomValues) => DifferentialCase
>;
export type Format = keyof typeof formats;

export interface CaseResult {
  readonly values: number;
  /** undefined if both find the same. */
  readonly difference: string | undefined;
}

/** The same for the same seed and number. */
export async function runCase(format: Format, seed: number, number: number): Promise<CaseResult> {
  const one = formats[format](new RandomValues(Math.imul(seed, 0x9e3779b1) + number));
  return { values: one.values.length, difference: await differenceOf(one) };
}
