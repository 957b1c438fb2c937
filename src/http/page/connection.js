// What is asked of the service. The token travels in a header only, and lives as long as the tab.
const KEY = 'token';
const RETRY_MS_MAX = 10_000;
/** Samples come every second; after this long without one the connection is given up. */
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
export function ask(path, options = {}) {
  const token = sessionStorage.getItem(KEY);
  const headers = { ...options.headers, ...(token === null ? {} : { authorization: `Bearer ${token}` }) };
  return fetch(path, { ...options, headers, cache: 'no-store' });
}

/**
 * Follows the events for ever: `on[event](data)` for each, `on.lost(reason)` when the connection is gone, and
 * `on.token()`, which resolves when there is a new token to try.
 */
export async function follow(on) {
  for (let failures = 0; ; failures++) {
    let reason = 'The service does not answer.';
    try {
      const heard = await followOnce(on);
      if (heard === 'token') {
        await on.token();
        failures = -1;
        continue;
      }
      if (heard === 'full') reason = 'Too many follow this page already.';
      else failures = 0;
    } catch {
      // Connection refused or reset: the reason above is all there is to say.
    }
    on.lost(reason);
    await new Promise((resolve) =>
      setTimeout(resolve, Math.min(RETRY_MS_MAX, 1_000 * 2 ** Math.max(0, failures))),
    );
  }
}

async function followOnce(on) {
  const abort = new AbortController();
  let timer = setTimeout(() => abort.abort(), SILENCE_MS);
  try {
    const response = await ask('/api/v1/events', { signal: abort.signal });
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
  const event = /^event: (.*)$/m.exec(frame)?.[1];
  const data = /^data: (.*)$/m.exec(frame)?.[1];
  if (event !== undefined && data !== undefined) on[event]?.(JSON.parse(data));
}
