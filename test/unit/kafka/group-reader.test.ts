import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GroupReader } from '../../../src/kafka/group-reader.ts';

type Done = (error: unknown, found: readonly object[]) => void;

/** A reader whose client answers when it is told to. */
function scene() {
  const reader = new GroupReader({ group: 'g', properties: {}, isolation: 'read_uncommitted' });
  const events: string[] = [];
  const waiting: Done[] = [];
  const raw = reader.raw as Record<string, unknown>;
  raw['committed'] = (_: unknown, __: number, done: Done) => {
    events.push('asked');
    waiting.push(done);
  };
  raw['disconnect'] = (done: () => void) => {
    events.push('closed');
    done();
  };
  return { reader, events, waiting };
}

const place = { topic: 't', partition: 0, offset: 5 };
const turn = (): Promise<void> => new Promise(setImmediate);

test('a client is closed when no thread waits for offsets any more: it would go on in freed memory', async () => {
  const { reader, events, waiting } = scene();
  const found = reader.committed([place]);
  const other = reader.committed([place]).catch((error: Error) => error.message);
  await turn();
  const closed = reader.close();
  await turn();
  assert.deepEqual(events, ['asked', 'asked']);
  waiting[0]?.(null, [place]);
  assert.deepEqual(await found, [5]);
  await turn();
  assert.deepEqual(events, ['asked', 'asked']);
  waiting[1]?.(new Error('Timed out'), []);
  await closed;
  assert.match(String(await other), /Timed out/);
  assert.deepEqual(events, ['asked', 'asked', 'closed']);
});

test('nobody asks a client that is being closed, not even once more', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { reader, events, waiting } = scene();
  const found = reader.committed([place]);
  await turn();
  const notCoordinator = Object.assign(new Error('not coordinator'), { code: 16 });
  waiting[0]?.(notCoordinator, []);
  const closed = reader.close();
  await assert.rejects(reader.committed([place]), { code: 'KS_STATE' });
  t.mock.timers.tick(60_000);
  await assert.rejects(found, { code: 'KS_STATE' });
  await closed;
  assert.deepEqual(events, ['asked', 'closed']);
});

test('whoever looks for records lets go of the partitions before the client is freed', async () => {
  const { reader, events } = scene();
  const raw = reader.raw as Record<string, unknown>;
  const polls: Done[] = [];
  raw['assign'] = () => events.push('assigned');
  raw['unassign'] = () => events.push('let go');
  raw['consume'] = (_: number, done: Done) => polls.push(done);
  const found = reader.firstRecords([place], 60_000);
  const closed = reader.close();
  await turn();
  assert.deepEqual(events, ['assigned']);
  polls[0]?.(null, []);
  await assert.rejects(found, { code: 'KS_STATE' });
  await closed;
  assert.deepEqual(events, ['assigned', 'let go', 'closed']);
  await assert.rejects(reader.firstRecords([place], 60_000), { code: 'KS_STATE' });
  await assert.rejects(reader.pollError(), { code: 'KS_STATE' });
  assert.throws(() => reader.commitFromOutside([place]), { code: 'KS_STATE' });
});
