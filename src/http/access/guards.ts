import { createHash, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import { HttpError } from '../http-error.ts';

/** Sent with every answer: nothing here is meant to be framed, cached, sniffed or run by a browser. */
export const securityHeaders = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
} as const;

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/**
 * Refuses requests for another host name than ours, so that a web page cannot reach a service on
 * loopback through a name of its own that resolves to 127.0.0.1 (DNS rebinding).
 */
export function hostGuard(host: string): (header: string | undefined) => void {
  const allowed = new Set(['localhost', '127.0.0.1', '[::1]', isIP(host) === 6 ? `[${host}]` : host]);
  return (header) => {
    const name = header?.toLowerCase().replace(/:\d+$/, '');
    if (name === undefined || !allowed.has(name)) {
      throw new HttpError('HTTP_WRONG_HOST', `This service answers only to ${[...allowed].join(', ')}.`);
    }
  };
}

/** Refuses requests without the bearer token; how long it takes does not depend on what was sent. */
export function tokenGuard(token: string): (header: string | undefined) => void {
  const expected = digest(token);
  return (header) => {
    const given = /^bearer +(.+)$/i.exec(header ?? '')?.[1];
    if (given === undefined || !timingSafeEqual(digest(given), expected)) {
      throw new HttpError(
        'HTTP_UNAUTHORIZED',
        'Send the header "Authorization: Bearer TOKEN" with the right token.',
      );
    }
  };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
