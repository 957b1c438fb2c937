import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SchemaPorts } from '../../../src/service/schema-ports.ts';

/** Writes down what it is told, as `shape: id`. */
class Target {
  readonly told: string[] = [];

  schemas(shape: number) {
    return {
      setSchema: (id: Uint8Array) => void this.told.push(`${shape}: ${id[0]}`),
      removeSchema: (id: Uint8Array) => void this.told.push(`${shape}: not ${id[0]}`),
    };
  }
}

test('schemas go to the decoder in use, and the next one is told all that are left', () => {
  const [first, second] = [new Target(), new Target()];
  let current = first;
  const ports = new SchemaPorts(() => [current]);
  const [plain, other] = [ports.of(0), ports.of(1)];
  const set = (port: typeof plain, id: number): void =>
    port.setSchema(Uint8Array.of(id), 1, 0, new Int32Array(), []);
  set(plain, 1);
  set(plain, 2);
  set(other, 2);
  plain.removeSchema(Uint8Array.of(1));
  assert.deepEqual(first.told, ['0: 1', '0: 2', '1: 2', '0: not 1']);
  ports.fill(second);
  current = second;
  set(other, 3);
  assert.deepEqual(second.told, ['0: 2', '1: 2', '1: 3']);
  assert.equal(first.told.length, 4);
});
