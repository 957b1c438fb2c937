/**
 * What an encrypted request costs more than a plain one, in processor time: `npm run bench:encryption`. Best of several
 * rounds, since other programs only ever add.
 */
import { createSecretKey, randomBytes } from 'node:crypto';
import { decryptToken, encryptToken } from '../src/crypto/jwe.ts';
import { Keyring } from '../src/crypto/keyring.ts';
import { loadConfig } from '../src/config/load.ts';
import { Decrypter } from '../src/consume/decrypter.ts';
import { createDecoder, readConfiguredModel } from '../src/predict/model-parts.ts';
import { SlotTable } from '../src/slots.ts';

const ROWS = 1000;
const ROUNDS = 20;
const raw = randomBytes(32);
const key = createSecretKey(raw);
const texts = Array.from(
  { length: ROWS },
  (_, i) => `The service was quick and the food was good, number ${i}`,
);
const tokens = texts.map((text) => encryptToken(text, 'k1', key));

/** Microseconds of processor time for each of `rows` messages. */
function cost(run: () => void): number {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const before = process.cpuUsage();
    for (let i = 0; i < 10; i++) run();
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, (user + system) / (10 * ROWS));
  }
  return Math.round(best * 100) / 100;
}

const { config } = loadConfig();
const table = new SlotTable(ROWS);
const decoder = createDecoder(config, readConfiguredModel(config), table);
const current = Keyring.parse(JSON.stringify({ k1: raw.toString('base64') }));
const decrypter = new Decrypter({ table, decoder, keyring: { current, reread: () => false }, pollMax: ROWS });
const slots = Int32Array.from({ length: ROWS }, (_, i) => i);
const plain = texts.map((text) => Buffer.from(JSON.stringify({ id: 'x', text })));
const encrypted = tokens.map((text) =>
  Buffer.from(JSON.stringify({ id: 'x', text, encryption_version: 'v1' })),
);
const decode = (values: Buffer[]): void => {
  if (decoder.decode(values, slots, ROWS) < ROWS) decrypter.decrypt(values, slots, ROWS);
  if (table.status.some((status) => status !== 0)) throw new Error('A message was not decoded.');
};

const plainUs = cost(() => decode(plain));
const encryptedUs = cost(() => decode(encrypted));
const report = {
  date: new Date().toISOString(),
  node: process.version,
  text_bytes: texts[0]?.length,
  encrypt_us: cost(() => texts.forEach((text) => void encryptToken(text, 'k1', key))),
  open_us: cost(() => tokens.forEach((token) => void decryptToken(token, () => key))),
  decode_plain_us: plainUs,
  decode_encrypted_us: encryptedUs,
  more_for_encrypted_us: Math.round((encryptedUs - plainUs) * 100) / 100,
};
process.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
