import { createHash, createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import { KubesentimentError } from '../errors.ts';

/** Key id → 32 bytes in base64, oldest first: the text form of a keyring. */
export type KeyringEntries = ReadonlyMap<string, string>;

export interface KeyDescription {
  readonly id: string;
  /** The one that encrypts. */
  readonly active: boolean;
  /** First 12 hexadecimal digits of the key's SHA-256: identifies a key without revealing it. */
  readonly fingerprint: string;
}

const KEY_BYTES = 32;
const KEYS_MAX = 1000;
const ID_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
/** 32 bytes in base64 or base64url; the last character encodes four bits. */
const KEY_PATTERN = /^[A-Za-z0-9+/_-]{42}[AEIMQUYcgkosw048]=?$/;

/** Keys by id. Encrypts with one of them, decrypts with any. Immutable; rotation creates a new keyring. */
export class Keyring {
  readonly activeId: string;
  readonly #keys: ReadonlyMap<string, KeyObject>;

  private constructor(keys: ReadonlyMap<string, KeyObject>, activeId: string) {
    this.#keys = keys;
    this.activeId = activeId;
  }

  /**
   * From JSON, `{"key id": "32 bytes in base64", …}`. Without `activeId` the last key encrypts. KS_KEYRING_INVALID
   * says what is wrong without quoting the text.
   */
  static parse(json: string, activeId?: string): Keyring {
    const entries = parseEntries(json);
    const last = [...entries.keys()].at(-1);
    if (last === undefined) throw invalid('It contains no key.');
    if (activeId !== undefined && !entries.has(activeId)) {
      throw invalid('It has no key with the id that encryption.active_key names.');
    }
    const keys = new Map<string, KeyObject>();
    for (const [id, base64] of entries) keys.set(id, createSecretKey(Buffer.from(base64, 'base64')));
    return new Keyring(keys, activeId ?? last);
  }

  get size(): number {
    return this.#keys.size;
  }

  find(id: string): KeyObject | undefined {
    return this.#keys.get(id);
  }

  describe(): KeyDescription[] {
    return [...this.#keys].map(([id, key]) => ({
      id,
      active: id === this.activeId,
      fingerprint: createHash('sha256').update(key.export()).digest('hex').slice(0, 12),
    }));
  }
}

/** The entries of a keyring in order. KS_KEYRING_INVALID. */
export function parseEntries(json: string): KeyringEntries {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw invalid('It is not valid JSON.'); // the parser's message quotes the text
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid('It is not a JSON object.');
  const entries = Object.entries(value);
  if (entries.length > KEYS_MAX) throw invalid(`It has more than ${KEYS_MAX} keys.`);
  entries.forEach(([id, key], index) => {
    if (!ID_PATTERN.test(id))
      throw invalid(`The id of key ${index + 1} is not 1 to 128 letters, digits, . _ or -.`);
    if (/^\d+$/.test(id))
      throw invalid(`The id of key ${index + 1} is a number, and numbers lose their order.`);
    if (typeof key !== 'string' || !KEY_PATTERN.test(key)) {
      throw invalid(`Key ${index + 1} is not ${KEY_BYTES} bytes in base64.`);
    }
  });
  return new Map(entries as [string, string][]);
}

/** `entries` followed by a new random key, named after the day. */
export function withNewKey(entries: KeyringEntries, id: string = newKeyId(new Date())): KeyringEntries {
  if (!ID_PATTERN.test(id) || /^\d+$/.test(id)) {
    throw new KubesentimentError(
      'KS_USAGE',
      'A key id is 1 to 128 letters, digits, . _ or -, and not a number.',
    );
  }
  if (entries.has(id))
    throw new KubesentimentError('KS_USAGE', 'The keyring already has a key with this id.');
  return new Map([...entries, [id, randomBytes(KEY_BYTES).toString('base64')]]);
}

export function formatEntries(entries: KeyringEntries): string {
  return `${JSON.stringify(Object.fromEntries(entries), undefined, 2)}\n`;
}

/** For example `2026-11-23-9f3a`. */
function newKeyId(now: Date): string {
  return `${now.toISOString().slice(0, 10)}-${randomBytes(2).toString('hex')}`;
}

function invalid(reason: string): KubesentimentError {
  return new KubesentimentError('KS_KEYRING_INVALID', `The keyring cannot be used. ${reason}`, {
    remedy: 'A keyring is {"key id": "32 bytes in base64"}; make one with `kubesentiment keys generate`.',
  });
}
