import { createHash, timingSafeEqual } from 'node:crypto';
import { HttpError } from '../http-error.ts';

/** Rejects requests without the bearer token, in a time that does not depend on what was sent. */
export function tokenCheck(token: string): (header: string | undefined) => void {
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
