import { join } from 'node:path';
import { Decoder, type DecoderOptions } from '../../../src/decode/decoder.ts';
import { SlotTable } from '../../../src/slots.ts';
import { root } from '../../helpers/paths.ts';

export const tokenizerPath = join(root, 'models/accurate/tokenizer.json');

/** A decoder with the shipped tokenizer, and its table. */
export function makeDecoder(
  options: Partial<DecoderOptions> = {},
  table = new SlotTable(16),
): { decoder: Decoder; table: SlotTable } {
  const decoder = new Decoder({
    tokenizerPath,
    table,
    maxTokens: 128,
    maxMessageBytes: 1 << 20,
    maxDepth: 64,
    labels: ['NEGATIVE', 'POSITIVE'],
    modelName: 'model',
    modelVersion: '0123456789ab',
    ...options,
  });
  return { decoder, table };
}

/** What `errorType` the value gets, or `ok`. */
export function outcomeOf(value: Uint8Array | string | null, { decoder, table } = makeDecoder()): string {
  decoder.decode([typeof value === 'string' ? Buffer.from(value) : value], Int32Array.of(3), 1);
  const status = table.status[3] as number;
  return status === 0 ? 'ok' : Decoder.describe(status).errorType;
}
