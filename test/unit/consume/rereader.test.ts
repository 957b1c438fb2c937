/** Messages are read once more by another decoder: its rows, or the columns as they were. */
import assert from 'node:assert/strict';
import { createSecretKey, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { Decrypter } from '../../../src/consume/decrypter.ts';
import { Rereader } from '../../../src/consume/rereader.ts';
import { encryptToken } from '../../../src/crypto/jwe.ts';
import { Keyring } from '../../../src/crypto/keyring.ts';
import { SlotTable } from '../../../src/slots.ts';
import { makeDecoder } from '../decode/make-decoder.ts';

const raw = randomBytes(32);
const key = createSecretKey(raw);
const keys = Keyring.parse(JSON.stringify({ k1: raw.toString('base64') }));
const noKeys = Keyring.parse(JSON.stringify({ k2: randomBytes(32).toString('base64') }));

const columns = ['status', 'length', 'unknown', 'flags', 'windows', 'lastLength'] as const;

function setUp() {
  const table = new SlotTable(8);
  const source = { current: keys, reread: () => false };
  const [first, second] = [makeDecoder({ maxTokens: 64 }, table), makeDecoder({ maxTokens: 4 }, table)];
  const rereader = new Rereader({
    table,
    decoder: second.decoder,
    decrypter: new Decrypter({ table, decoder: second.decoder, keyring: source, pollMax: 8 }),
    countMax: 8,
  });
  const take = (request: object): number => {
    const value = Buffer.from(JSON.stringify(request));
    const slot = table.take({ topic: 't', partition: 0, offset: 0, value, size: value.length }, 0);
    first.decoder.decode([value], Int32Array.of(slot), 1);
    return slot;
  };
  const columnsOf = (slot: number): number[] => columns.map((name) => table[name][slot] as number);
  return { table, source, rereader, second: second.decoder, take, columnsOf };
}

test('plain and encrypted messages get rows of the other decoder', () => {
  const { table, rereader, second, take } = setUp();
  const text = 'good bad good bad good';
  const slots = Int32Array.of(
    take({ text }),
    take({ text: encryptToken(text, 'k1', key), encryption_version: 'v1' }),
  );
  rereader.read(slots);
  for (const slot of slots) {
    assert.deepEqual([table.status[slot], table.length[slot]], [0, 4]);
    assert.deepEqual(second.tokens(slot), second.tokens(slots[0] as number));
  }
});

test('what cannot be read any more keeps its columns, and its status says so', () => {
  const { table, source, rereader, take, columnsOf } = setUp();
  const slots = Int32Array.of(
    take({ text: encryptToken('good bad good bad good', 'k1', key), encryption_version: 'v1' }),
    take({ text: 'good bad good bad good' }),
  );
  const [encrypted, plain] = slots as unknown as [number, number];
  Object.assign(table.length, { [encrypted]: 7 }); // as the first decrypter would have written it
  const before = columnsOf(encrypted);
  source.current = noKeys;
  rereader.read(slots);
  assert.notEqual(table.status[encrypted], 0);
  assert.deepEqual(columnsOf(encrypted).slice(1), before.slice(1));
  assert.deepEqual([table.status[plain], table.length[plain]], [0, 4]);
});
