import type { KeyObject } from 'node:crypto';
import { type JweFailure, decryptToken } from '../crypto/jwe.ts';
import type { KeyringSource } from '../crypto/keyring-source.ts';
import { Decoder } from '../decode/decoder.ts';
import type { SlotTable } from '../slots.ts';

export interface DecrypterOptions {
  readonly table: SlotTable;
  readonly decoder: Pick<Decoder, 'encryptedSpans' | 'decodeDecrypted'>;
  readonly keyring: Pick<KeyringSource, 'current' | 'reread'>;
  /** Maximum number of messages in one poll. */
  readonly pollMax: number;
}

const KEPT_BYTES = 1024 * 1024;

/**
 * Decrypts requests between two native calls: the first left them `encrypted` and recorded where their tokens are,
 * the second tokenizes the decrypted texts into rows. The texts share one buffer, which is wiped after each poll.
 */
export class Decrypter {
  readonly #options: DecrypterOptions;
  readonly #status = Decoder.encryptionStatus;
  readonly #slots: Int32Array;
  readonly #ends: Uint32Array;
  readonly #spans: Uint32Array;
  readonly #find = (id: string): KeyObject | undefined => this.#findKey(id);
  #bytes = Buffer.alloc(64 * 1024);

  constructor(options: DecrypterOptions) {
    this.#options = options;
    this.#slots = new Int32Array(options.pollMax);
    this.#ends = new Uint32Array(options.pollMax);
    this.#spans = new Uint32Array(2 * options.pollMax);
  }

  /** Decrypts the encrypted ones among `count` decoded messages, and writes their columns of the table. */
  decrypt(values: readonly (Buffer | null)[], slots: Int32Array, count: number): void {
    const { table, decoder } = this.#options;
    decoder.encryptedSpans(slots, count, this.#spans);
    let decrypted = 0;
    let end = 0;
    for (let i = 0; i < count; i++) {
      const slot = slots[i] as number;
      if (table.status[slot] !== this.#status.encrypted) continue;
      const text = this.#decrypt(
        values[i] as Buffer,
        this.#spans[2 * i] as number,
        this.#spans[2 * i + 1] as number,
      );
      if (typeof text === 'string') {
        table.status[slot] = this.#status[text];
        continue;
      }
      this.#reserve(end, text.length);
      end += text.copy(this.#bytes, end);
      text.fill(0);
      this.#slots[decrypted] = slot;
      this.#ends[decrypted++] = end;
    }
    decoder.decodeDecrypted(this.#bytes, this.#ends, this.#slots, decrypted);
    this.#wipe(end);
  }

  #decrypt(value: Buffer, at: number, bytes: number): Buffer | JweFailure {
    const text = value.toString('latin1', at, at + bytes);
    // A token needs no escapes, but JSON allows them.
    return decryptToken(text.includes('\\') ? JSON.parse(`"${text}"`) : text, this.#find);
  }

  #findKey(id: string): KeyObject | undefined {
    const { keyring } = this.#options;
    return keyring.current.find(id) ?? (keyring.reread() ? keyring.current.find(id) : undefined);
  }

  #reserve(used: number, more: number): void {
    if (used + more <= this.#bytes.length) return;
    const larger = Buffer.alloc(2 * (used + more));
    this.#bytes.copy(larger, 0, 0, used);
    this.#bytes.fill(0);
    this.#bytes = larger;
  }

  #wipe(used: number): void {
    if (this.#bytes.length > KEPT_BYTES) this.#bytes = Buffer.alloc(64 * 1024);
    else this.#bytes.fill(0, 0, used);
  }
}

/**
 * Whether the value is known to contain no plain text, when only encrypted requests are accepted: anything that is
 * not a token may be a text that somebody forgot to encrypt.
 */
export function holdsNoPlainText(status: number): boolean {
  const { key, forged, utf8 } = Decoder.encryptionStatus;
  return status === 0 || status === key || status === forged || status === utf8;
}
