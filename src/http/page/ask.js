// Requests for dead letters: one after the other, and no faster than the service lets a client ask.
import { request } from './connection.js';

/**
 * A request for dead letters counts as 20 of the 100 a second that a client may send, in bursts of up to 200 (unless
 * http.requests_per_second says otherwise), and the page sends others as well. However fast somebody clicks, the page
 * stays below that: a service that is asked too often keeps back its answer for seconds.
 */
const INTERVAL_MS = 250;
const BURST = 6;
/** How often, and after what time, a request that was refused as one too many is sent again. */
const RETRIES_MAX = 3;
const RETRY_MS = 1_000;

/** The last request: the service answers one at a time. */
let asking = Promise.resolve();
/** When the next request would be due if there were no bursts. */
let dueAt = 0;

/** The answer, after those before it. An Error with a sentence for people, and `status`, if it is another one. */
export function ask(path, body) {
  const answer = asking.then(() => askInTime(path, body));
  asking = answer.catch(() => undefined);
  return answer;
}

async function askInTime(path, body, retries = 0) {
  const now = performance.now();
  await waitMs(dueAt - (BURST - 1) * INTERVAL_MS - now);
  dueAt = Math.max(dueAt, now) + INTERVAL_MS;
  try {
    return await askNow(path, body);
  } catch (error) {
    // It was refused before anything was done, so that a replay may be asked for again, too.
    if (error.status !== 429 || retries === RETRIES_MAX) throw error;
    await waitMs(RETRY_MS);
    return askInTime(path, body, retries + 1);
  }
}

async function askNow(path, body) {
  const options =
    body === undefined
      ? {}
      : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  const response = await request(path, options).catch(() => undefined);
  const answer = await response?.json().catch(() => undefined);
  if (response?.ok && answer !== undefined) return answer;
  const error = new Error(answer?.error?.message ?? 'The service is not responding.');
  throw Object.assign(error, { status: response?.status });
}

function waitMs(ms) {
  return ms > 0 ? new Promise((resolve) => setTimeout(resolve, ms)) : undefined;
}
