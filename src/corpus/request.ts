import type { Random } from './random.ts';

const sources = ['web', 'twitter', 'app', 'email', 'survey', 'support'] as const;

/**
 * The JSON of request number `index`, all six fields filled; about 210 bytes with a text of style sst2.
 * `sentAtMs`: milliseconds since 1970, the intended send time.
 */
export function createRequest(
  index: number,
  text: string,
  random: Random,
  sentAtMs: number = Date.now(),
): string {
  const share = random.next();
  return JSON.stringify({
    id: `r${String(index).padStart(8, '0')}`,
    text,
    timestamp: sentAtMs,
    source: random.pick(sources),
    priority: share < 0.1 ? 'high' : share < 0.9 ? 'medium' : 'low',
    metadata: { lang: 'en' },
  });
}
