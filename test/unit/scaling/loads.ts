/** Loads that a group has to carry: how much arrives, and how much a process can do. Made up, and always the same. */
export interface Load {
  readonly name: string;
  readonly seconds: number;
  /** Messages a second that arrive, all partitions together. */
  readonly rate: (second: number) => number;
  /** Messages a second that one process can carry. */
  readonly capacity: (second: number) => number;
}

const CAPACITY = 300;
const MINUTE = 60;

/** Ten times as much from one second to the next, for twenty minutes. */
const burst: Load = {
  name: '10 x burst',
  seconds: 90 * MINUTE,
  rate: (second) => (second >= 30 * MINUTE && second < 50 * MINUTE ? 2_000 : 200),
  capacity: () => CAPACITY,
};

/** Between 1.8 and 9 processes. Six times as steep as a real day. */
const DAY = 4 * 60 * MINUTE;
const daily: Load = {
  name: 'daily curve',
  seconds: DAY,
  rate: (second) => 1_620 - 1_080 * Math.cos((2 * Math.PI * second) / DAY),
  capacity: () => CAPACITY,
};

/** For a quarter of an hour every transaction takes so long that a process does 45 % of what it did. */
const slowBroker: Load = {
  name: 'slow broker',
  seconds: 75 * MINUTE,
  rate: () => 1_300,
  capacity: (second) => (second >= 30 * MINUTE && second < 45 * MINUTE ? 0.45 * CAPACITY : CAPACITY),
};

export const loads = [burst, daily, slowBroker];
