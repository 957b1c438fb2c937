/**
 * The same loads, carried by processes that do what a real one did: messages committed second by second while more were
 * waiting, with a broker at work and with one that was stopped for a part of each second (`npm run bench:record-load`).
 * How much arrives is made up here, too: there is no recording of a real topic.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../helpers/paths.ts';
import { CAPACITY, type Load, loads, SLOW_FROM_S, SLOW_TO_S } from './loads.ts';

interface Recording {
  readonly usual: readonly number[];
  readonly slow: readonly number[];
}

const file = join(root, 'benchmarking/results/2026-11-30-recorded-load.json');
const { usual, slow } = JSON.parse(readFileSync(file, 'utf8')) as Recording;
const mean = usual.reduce((sum, value) => sum + value, 0) / usual.length;
/** Played again and again, in the size of the processes of the simulation. */
const played = (recorded: readonly number[], second: number): number =>
  (CAPACITY * (recorded[second % recorded.length] as number)) / mean;

export const recordedLoads: readonly Load[] = loads.map((load) => ({
  ...load,
  name: `${load.name}, recorded processes`,
  capacity: (second) => {
    const isSlow = load.name === 'slow broker' && second >= SLOW_FROM_S && second < SLOW_TO_S;
    return played(isSlow ? slow : usual, second);
  },
}));
