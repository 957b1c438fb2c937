/**
 * Loaded into a process with `--import`: makes its event loop stand still where native code gets a message with one of
 * these texts, as a fault in that code would. The process itself knows nothing of it.
 */
import { openSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
import { Decoder } from '../../src/decode/decoder.ts';

/** While it is decoded, in JavaScript, where a debugger can look. */
export const SPINNING_TEXT = 'It spins for ever.';
/** While it is decoded, in a call into the system: the path in KUBESENTIMENT_STAND_STILL is a pipe nobody writes to. */
export const WAITING_TEXT = 'It waits for ever.';
/** While it is put into a batch. */
export const UNPACKABLE_TEXT = 'It is never in a batch.';
/** While its result is encoded. */
export const UNWRITABLE_TEXT = 'It is never written.';

const pipe = process.env['KUBESENTIMENT_STAND_STILL'];

if (isMainThread && pipe !== undefined) {
  const { decode, pack, encodeResults } = Decoder.prototype;
  const texts = new Map<number, string>();
  const has = (slots: Int32Array, count: number, text: string): boolean =>
    slots.subarray(0, count).some((slot) => texts.get(slot)?.includes(text));

  Decoder.prototype.decode = function standStill(values, slots, count): number {
    for (const [i, value] of values.slice(0, count).entries()) {
      const text = value === null ? '' : Buffer.from(value).toString();
      while (text.includes(SPINNING_TEXT));
      if (text.includes(WAITING_TEXT)) openSync(pipe, 'r');
      texts.set(slots[i] as number, text);
    }
    return decode.call(this, values, slots, count);
  };
  Decoder.prototype.pack = function standStill(slots, count, ...rest): void {
    const stands = has(slots, count, UNPACKABLE_TEXT);
    while (stands);
    pack.call(this, slots, count, ...rest);
  };
  Decoder.prototype.encodeResults = function standStill(source, slots, count, ...rest) {
    const stands = has(slots, count, UNWRITABLE_TEXT);
    while (stands);
    return encodeResults.call(this, source, slots, count, ...rest);
  };
}
