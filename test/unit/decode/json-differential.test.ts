/** The reader against JSON.parse, over generated requests and over damaged ones. A failure prints its seed. */
import { test } from 'node:test';
import fc from 'fast-check';
import { makeDecoder, outcomeOf } from './make-decoder.ts';

const { decoder, table } = makeDecoder({ maxTokens: 512, maxDepth: 1024 });
const slots = Int32Array.of(0, 1);

const request = fc.record(
  {
    id: fc.oneof(
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc.double({ noDefaultInfinity: true, noNaN: true }),
      fc.maxSafeInteger(),
    ),
    text: fc.string({ unit: 'binary', maxLength: 80 }),
    timestamp: fc.oneof(fc.integer(), fc.string({ unit: 'binary', maxLength: 10 })),
    metadata: fc.jsonValue({ maxDepth: 4 }),
  },
  { requiredKeys: ['text'] },
);
/** The same value with other white space, and with every character escaped that may be. */
const spellings: ((value: object) => string)[] = [
  (value) => JSON.stringify(value),
  (value) => `\r\n ${JSON.stringify(value, null, '\t')} `,
  (value) =>
    JSON.stringify(value).replaceAll(
      /[\u007f-\uffff]/g,
      (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
    ),
];

test('a valid request gives the tokens of its text, however it is written', () => {
  fc.assert(
    fc.property(request, fc.constantFrom(...spellings), (value, spell) => {
      decoder.decodeTexts([value.text], Int32Array.of(1), 1);
      if (decoder.decode([Buffer.from(spell(value))], slots, 1) !== 1) return false;
      return (
        table.length[0] === table.length[1] && decoder.tokens(0).every((id, i) => id === decoder.tokens(1)[i])
      );
    }),
    { numRuns: 2000 },
  );
});

test('id and timestamp come back as they were sent', () => {
  const numbers = new Float64Array(1);
  fc.assert(
    fc.property(request, fc.constantFrom(...spellings), (value, spell) => {
      decoder.decode([Buffer.from(spell(value))], slots, 1);
      const { bytes } = decoder.encodeResults({ topic: 't', partition: 0 }, slots, 1, numbers, numbers, 0);
      const result = JSON.parse(bytes.toString());
      const sent = JSON.parse(JSON.stringify(value));
      return result.id === (sent.id ?? 't-0-0') && result.timestamp === sent.timestamp;
    }),
    { numRuns: 2000 },
  );
});

test('a damaged request is refused exactly when JSON.parse refuses it', () => {
  const damage = fc.record({
    at: fc.nat(400),
    kind: fc.nat(3),
    byte: fc.constantFrom(...Buffer.from('{}[]",:\\u0e-+. \0\x80\xff\n', 'latin1')),
  });
  fc.assert(
    fc.property(request, fc.array(damage, { minLength: 1, maxLength: 3 }), (value, damages) => {
      let bytes = Buffer.from(JSON.stringify({ ...value, text: 'good' }));
      for (const { at, kind, byte } of damages) {
        const place = at % (bytes.length + 1);
        const rest = bytes.subarray(kind === 0 ? place : place + 1);
        bytes = Buffer.concat([
          bytes.subarray(0, place),
          Buffer.from(kind <= 1 ? [byte] : []),
          kind === 3 ? Buffer.of() : rest,
        ]);
      }
      return (outcomeOf(bytes, { decoder, table }) === 'invalid_json') === isRefused(bytes);
    }),
    { numRuns: 5000 },
  );
});

function isRefused(bytes: Buffer): boolean {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return /\\u[dD][89a-fA-F]/.test(JSON.stringify(JSON.parse(text)));
  } catch {
    return true;
  }
}
