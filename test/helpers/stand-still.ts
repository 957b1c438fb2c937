/**
 * Loaded into a process with `--import`: makes its event loop stand still where native code gets a message with one of
 * these texts, as a fault in that code would. The process itself knows nothing of it.
 */
import { openSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
import { Decoder } from '../../src/decode/decoder.ts';

/** In JavaScript, where a debugger can look. */
export const SPINNING_TEXT = 'It spins for ever.';
/** In a call into the system: the path in KUBESENTIMENT_STAND_STILL is a pipe that nobody writes to. */
export const WAITING_TEXT = 'It waits for ever.';

const pipe = process.env['KUBESENTIMENT_STAND_STILL'];

if (isMainThread && pipe !== undefined) {
  const { decode } = Decoder.prototype;
  Decoder.prototype.decode = function standStill(values, slots, count): number {
    for (const value of values.slice(0, count)) {
      const text = value === null ? '' : Buffer.from(value).toString();
      while (text.includes(SPINNING_TEXT));
      if (text.includes(WAITING_TEXT)) openSync(pipe, 'r');
    }
    return decode.call(this, values, slots, count);
  };
}
