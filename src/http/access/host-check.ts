import { isIP } from 'node:net';
import { HttpError } from '../http-error.ts';

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/**
 * Rejects requests for any other host name, so that a web page cannot reach a service on loopback through a name of
 * its own that resolves to 127.0.0.1 (DNS rebinding).
 */
export function hostCheck(host: string): (header: string | undefined) => void {
  const allowed = new Set(['localhost', '127.0.0.1', '[::1]', isIP(host) === 6 ? `[${host}]` : host]);
  return (header) => {
    const name = header?.toLowerCase().replace(/:\d+$/, '');
    if (name === undefined || !allowed.has(name)) {
      throw new HttpError('HTTP_WRONG_HOST', `This service only answers to ${[...allowed].join(', ')}.`);
    }
  };
}
