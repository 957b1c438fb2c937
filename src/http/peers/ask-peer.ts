import type { LookupAddress } from 'node:dns';
import { type IncomingMessage, type RequestOptions, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { LookupFunction } from 'node:net';
import { limits } from '../limits.ts';
import type { Target } from './peer-names.ts';

export interface PeerAccess {
  readonly token: string | undefined;
  /** PEM, in the place of the authorities that Node.js brings along. */
  readonly ca?: Buffer | undefined;
}

/** Why a process does not say how it is: a sentence with nothing in it that the process has sent, and no secret. */
export class PeerError extends Error {}

const PATH = '/health/details';
const tooLate = `It does not answer within ${limits.peerTimeoutMs / 1_000} s.`;

/**
 * What the process at `target` says of itself. That address is connected to, and no other: redirects and proxies are
 * not followed, and the name of `base` is what a certificate has to be for. Rejects with PeerError.
 */
export function askPeer(
  { base, address }: Target,
  { token, ca }: PeerAccess,
  signal: AbortSignal,
): Promise<unknown> {
  const url = new URL(base.replace(/\/+$/, '') + PATH);
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  const headers = { accept: 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
  const options: RequestOptions = { agent: false, headers, signal };
  if (address !== undefined) options.lookup = only(address);
  return new Promise((resolve, reject) => {
    const fail = (reason: string): void => reject(new PeerError(reason));
    const request = send(url, { ...options, ca }, (answer) => {
      answer.on('error', () => fail(signal.aborted ? tooLate : 'It stops in the middle of its answer.'));
      const { statusCode: status = 0 } = answer;
      if (status !== 200) {
        fail(reasonOfStatus(status, token !== undefined));
        request.destroy();
        return;
      }
      read(answer, resolve, (reason) => {
        fail(reason);
        request.destroy();
      });
    });
    request.on('error', (error) => fail(reasonOfError(error, signal)));
    // Without this Node.js would close the connection and say nothing, and nobody would ever be told.
    request.on('upgrade', ({ statusCode: status = 0 }, socket) => {
      fail(reasonOfStatus(status, token !== undefined));
      socket.destroy();
    });
    request.end();
  });
}

function read(answer: IncomingMessage, done: (body: unknown) => void, fail: (reason: string) => void): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  answer.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > limits.peerAnswerBytesMax)
      fail(`Its answer is longer than ${limits.peerAnswerBytesMax / 1_024} KiB.`);
    else chunks.push(chunk);
  });
  answer.on('end', () => {
    try {
      done(JSON.parse(Buffer.concat(chunks).toString()));
    } catch {
      fail('Its answer is not JSON: something else listens there.');
    }
  });
}

/** The address that was found before, in the place of another look-up. */
function only({ address, family }: LookupAddress): LookupFunction {
  return (_name, options, done) => {
    if (options.all) done(null, [{ address, family }]);
    else done(null, address, family);
  };
}

function reasonOfStatus(status: number, hasToken: boolean): string {
  if (status >= 300 && status < 400) return `It answers with a redirect (${status}), which is not followed.`;
  if (status === 401) return hasToken ? 'It refuses the token (401).' : 'It requires a token (401).';
  if (status === 404) return 'Something else listens there (404).';
  if (status === 421) return 'It does not answer to this host name (421).';
  if (status === 429) return 'It is asked too often (429).';
  return `It answers with ${status}.`;
}

const errorReasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'Nothing listens there (ECONNREFUSED).',
  ECONNRESET: 'It closes the connection (ECONNRESET).',
};

function reasonOfError(error: Error & { readonly code?: string }, signal: AbortSignal): string {
  if (signal.aborted) return tooLate;
  const { code = 'unknown reason' } = error;
  if (code.startsWith('HPE_')) return `Something else listens there (${code}).`;
  if (/CERT|SIGNATURE/.test(code)) return `Its certificate is not trusted (${code}).`;
  if (/SSL|EPROTO/.test(code)) return `It does not speak TLS (${code}).`;
  return errorReasons[code] ?? `It cannot be reached (${code}).`;
}
