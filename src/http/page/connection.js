// Requests to the service. The token is only sent in a header, and is kept until the tab is closed.
const KEY = 'token';
const RETRY_MS_MAX = 10_000;
/** Samples arrive every second; a connection without one for this long counts as lost. */
const SILENCE_MS = 8_000;

export function forgetToken() {
  sessionStorage.removeItem(KEY);
}

export function keepToken(token) {
  sessionStorage.setItem(KEY, token);
}

export function hasToken() {
  return sessionStorage.getItem(KEY) !== null;
}

/** `fetch` with the token. */
export function request(path, options = {}) {
  const token = sessionStorage.getItem(KEY);
  const headers = { ...options.headers, ...(token === null ? {} : { authorization: `Bearer ${token}` }) };
  return fetch(path, { ...options, headers, cache: 'no-store' });
}

/**
 * Subscribes to the events and reconnects for ever. Calls `on[event](data)` for each event, `on.lost(reason)` when the
 * connection is lost, and awaits `on.token()` for a new token to try.
 */
export async function subscribe(on) {
  for (let failures = 0; ; failures++) {
    let reason = 'The service is not responding.';
    try {
      const end = await subscribeOnce(on);
      if (end === 'token') {
        await on.token();
        failures = -1;
        continue;
      }
      if (end === 'full') reason = 'Too many people are viewing this page.';
      else failures = 0;
    } catch {
      // Refused or reset: there is nothing to add to the reason above.
    }
    on.lost(reason);
    await new Promise((resolve) =>
      setTimeout(resolve, Math.min(RETRY_MS_MAX, 1_000 * 2 ** Math.max(0, failures))),
    );
  }
}

async function subscribeOnce(on) {
  const abort = new AbortController();
  let timer = setTimeout(() => abort.abort(), SILENCE_MS);
  try {
    const response = await request('/api/v1/events', { signal: abort.signal });
    if (response.status === 401) return 'token';
    if (!response.ok) return 'full';
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let pending = '';
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return 'ended';
      clearTimeout(timer);
      timer = setTimeout(() => abort.abort(), SILENCE_MS);
      const frames = (pending + value).split('\n\n');
      pending = frames.pop();
      for (const frame of frames) deliver(frame, on);
    }
  } finally {
    clearTimeout(timer);
  }
}

function deliver(frame, on) {
  const lines = frame.split('\n'); // and at nothing else: names may contain other separators of lines
  const field = (name) => lines.find((line) => line.startsWith(name))?.slice(name.length);
  const [event, data] = [field('event: '), field('data: ')];
  if (event !== undefined && data !== undefined) on[event]?.(JSON.parse(data));
}
