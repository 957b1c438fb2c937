/** Message encryption version 1, for producers and consumers in other programs. */
import { KubesentimentError } from '../errors.ts';
import { type JweFailure, decryptToken, encryptToken } from './jwe.ts';
import type { Keyring } from './keyring.ts';

const reasons: Readonly<Record<JweFailure, string>> = {
  token: 'It is not a JWE in compact form with dir, A256GCM and a key id.',
  key: 'The keyring has no key with the id that the token names.',
  forged: 'It was altered or truncated, or encrypted with a different key.',
};

/** A token (JWE compact serialization, `dir`, `A256GCM`) of `text`, with the active key of the keyring. */
export function encryptText(text: string, keyring: Keyring): string {
  const key = keyring.find(keyring.activeId);
  if (key === undefined) throw new KubesentimentError('KS_KEYRING_INVALID', 'The keyring has no active key.');
  return encryptToken(text, keyring.activeId, key);
}

/** The text of a token. KS_DECRYPT_FAILED says why decryption failed, without quoting the token. */
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

/** The inverse of `encryptRequest`. A request that is not encrypted is returned unchanged. */
export function decryptRequest<T extends { readonly text: string; readonly encryption_version?: string }>(
  request: T,
  keyring: Keyring,
): Omit<T, 'encryption_version'> {
  const { encryption_version: version, ...rest } = request;
  if (version === undefined) return rest;
  if (version === 'v1') return { ...rest, text: decryptText(request.text, keyring) };
  throw new KubesentimentError('KS_DECRYPT_FAILED', 'The request has an encryption_version other than "v1".');
}
