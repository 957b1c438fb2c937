/** A short part of `npm run test:differential`. A difference names its case, its schema and its bytes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Format, formats, runCase } from '../../differential/differential.ts';

const SEED = 1;
const CASES = { avro: 300, protobuf: 30 } as const satisfies Record<Format, number>;

for (const format of Object.keys(formats) as Format[]) {
  test(`every pointer finds what the library for ${format} decodes there`, async () => {
    for (let number = 0; number < CASES[format]; number++) {
      const { difference } = await runCase(format, SEED, number);
      assert.equal(difference, undefined, `case ${number}`);
    }
  });
}
