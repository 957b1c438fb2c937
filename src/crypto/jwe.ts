import { createCipheriv, createDecipheriv, type KeyObject, randomBytes } from 'node:crypto';

/**
 * JWE compact serialization (RFC 7516) with `dir` and `A256GCM`, and nothing else:
 *
 *     BASE64URL(header) . (no key) . BASE64URL(12 bytes) . BASE64URL(cipher text) . BASE64URL(16 bytes)
 *
 * Besides the text, AES-GCM authenticates the encoded header. `kid` selects a key in the keyring and is used for
 * nothing else.
 */

/** Why a token could not be decrypted. */
export type JweFailure = 'token' | 'key' | 'forged';

const ALGORITHM = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;
const options = { authTagLength: TAG_BYTES } as const;
const HEADER_CHARS_MAX = 1024;
const HEADERS_KEPT = 256;

/** Five parts, the second one empty; the last character of a tag encodes two bits. */
const SHAPE = /^([\w-]+)\.\.([\w-]{16})\.([\w-]*)\.([\w-]{21}[AQgw])$/;
/** The possible last characters of canonical base64url, by the length modulo four. */
const lastOf = [/^/, /^$/, /[AQgw]$/, /[AEIMQUYcgkosw048]$/] as const;

/** The key ids of headers seen before. Senders use only a few headers, so each is parsed only once. */
const keyIds = new Map<string, string | undefined>();

export function encryptToken(text: string, keyId: string, key: KeyObject): string {
  const header = headerOf(keyId);
  const iv = randomIv();
  const cipher = createCipheriv(ALGORITHM, key, iv, options).setAAD(Buffer.from(header, 'latin1'));
  const bytes = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return `${header}..${base64url(iv)}.${base64url(bytes)}.${base64url(cipher.getAuthTag())}`;
}

/** The bytes of the text, or why decryption failed. `find` returns the key for an id. Never throws. */
export function decryptToken(
  token: string,
  find: (keyId: string) => KeyObject | undefined,
): Buffer | JweFailure {
  const parts = SHAPE.exec(token);
  if (parts === null) return 'token';
  const [, header = '', iv = '', cipherText = '', tag = ''] = parts;
  if (!(lastOf[cipherText.length % 4] as RegExp).test(cipherText)) return 'token';
  const keyId = keyIdOf(header);
  if (keyId === undefined) return 'token';
  const key = find(keyId);
  if (key === undefined) return 'key';
  const decipher = createDecipheriv(ALGORITHM, key, Buffer.from(iv, 'base64url'), options)
    .setAAD(Buffer.from(header, 'latin1'))
    .setAuthTag(Buffer.from(tag, 'base64url'));
  const bytes = decipher.update(cipherText, 'base64url');
  try {
    decipher.final(); // GCM adds no bytes here, it only checks
    return bytes;
  } catch {
    bytes.fill(0);
    return 'forged';
  }
}

function headerOf(keyId: string): string {
  if (lastHeader?.keyId !== keyId) {
    lastHeader = { keyId, header: base64url(JSON.stringify({ alg: 'dir', enc: 'A256GCM', kid: keyId })) };
  }
  return lastHeader.header;
}
let lastHeader: { readonly keyId: string; readonly header: string } | undefined;

/** Random bytes are requested in blocks: each call costs more than the bytes. */
function randomIv(): Buffer {
  if (random.length < IV_BYTES) random = randomBytes(256 * IV_BYTES);
  const iv = random.subarray(0, IV_BYTES);
  random = random.subarray(IV_BYTES);
  return iv;
}
let random = Buffer.alloc(0);

function keyIdOf(header: string): string | undefined {
  const known = keyIds.get(header);
  if (known !== undefined || keyIds.has(header)) return known;
  const keyId = header.length > HEADER_CHARS_MAX ? undefined : parseHeader(header);
  if (keyIds.size >= HEADERS_KEPT) keyIds.clear();
  if (header.length <= HEADER_CHARS_MAX) keyIds.set(header, keyId);
  return keyId;
}

/** Accepts only these members: a header that asks for anything else (`zip`, `crit`, an embedded key) is not ours. */
function parseHeader(header: string): string | undefined {
  const bytes = Buffer.from(header, 'base64url');
  if (base64url(bytes) !== header) return undefined;
  try {
    const { alg, enc, kid, typ, ...others } = JSON.parse(bytes.toString('utf8')) as Record<string, unknown>;
    const isOurs = alg === 'dir' && enc === 'A256GCM' && (typ === undefined || typ === 'JWE');
    return isOurs && typeof kid === 'string' && Object.keys(others).length === 0 ? kid : undefined;
  } catch {
    return undefined;
  }
}

function base64url(bytes: Buffer | string): string {
  return Buffer.from(bytes as string).toString('base64url');
}
