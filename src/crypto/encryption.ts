/** Message encryption version 1, as producers and consumers of other programs use it. */
import { KubesentimentError } from '../errors.ts';
import { type JweFailure, decryptToken, encryptToken } from './jwe.ts';
import type { Keyring } from './keyring.ts';

const reasons: Readonly<Record<JweFailure, string>> = {
  token: 'It is not a JWE in compact form with dir, A256GCM and a key id.',
  key: 'The keyring has no key of the id that it names.',
  forged: 'It was altered or cut, or its key is another one.',
};

/** A token (JWE compact serialization, `dir`, `A256GCM`) of `text`, with the active key of the keyring. */
export function encryptText(text: string, keyring: Keyring): string {
  const key = keyring.find(keyring.activeId);
  if (key === undefined) throw new KubesentimentError('KS_KEYRING_INVALID', 'The keyring has no active key.');
  return encryptToken(text, keyring.activeId, key);
}

/** The text of a token. KS_DECRYPT_FAILED says why there is none, and quotes nothing of it. */
export function decryptText(token: string, keyring: Keyring): string {
  const decrypted = decryptToken(token, (id) => keyring.find(id));
  if (typeof decrypted !== 'string') return decrypted.toString('utf8');
  throw new KubesentimentError('KS_DECRYPT_FAILED', `The token cannot be decrypted. ${reasons[decrypted]}`);
}

/** A request with its text encrypted; everything else stays readable. */
export function encryptRequest<T extends { readonly text: string }>(
  request: T,
  keyring: Keyring,
): T & { readonly encryption_version: 'v1' } {
  return { ...request, text: encryptText(request.text, keyring), encryption_version: 'v1' };
}

/** The opposite of `encryptRequest`. A request that is not encrypted is given back as it is. */
export function decryptRequest<T extends { readonly text: string; readonly encryption_version?: string }>(
  request: T,
  keyring: Keyring,
): Omit<T, 'encryption_version'> {
  const { encryption_version: version, ...rest } = request;
  if (version === undefined) return rest;
  if (version === 'v1') return { ...rest, text: decryptText(request.text, keyring) };
  throw new KubesentimentError('KS_DECRYPT_FAILED', 'The request has an encryption_version other than "v1".');
}
