/** What the reader makes of Protobuf values that protobufjs wrote, and of bytes that lie. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import protobuf from 'protobufjs';
import { valueReader, type ReadOptions } from '../../helpers/read-value.ts';

const CHAT = `syntax = "proto3";
package chat;
  import "google/protobuf/timestamp.proto";
  import "people.proto";

message Unused { message Inner { int32 x = 1; } }
message Message {
  enum Priority { medium = 0; high = 1; low = 2; }
  message Room { string name = 1; Room parent = 2; }
  uint64 id = 1;
  string text = 2;
  google.protobuf.Timestamp timestamp = 3;
  Priority priority = 4;
  Room room = 5;
  map<string, string> tags = 6;
  repeated string lines = 7;
  repeated sint32 numbers = 8;
  oneof content { string caption = 9; bytes image = 10; }
  people.Person author = 11;
  double score = 12;
  fixed32 code = 13;
  optional string note = 14;
  map<int32, Room> rooms = 15;
}`;
const PEOPLE = 'syntax = "proto3"; package people; message Person { string name = 1; bool known = 2; }';
const schema = {
  type: 'PROTOBUF',
  text: CHAT,
  references: [{ name: 'people.proto', text: PEOPLE }],
} as const;
/** Of chat.Message: one index, the second message. */
const MESSAGE = [2, 2];

const root = new protobuf.Root();
protobuf.parse(CHAT, root, { keepCase: true });
protobuf.parse(PEOPLE, root, { keepCase: true });
root.addJSON(protobuf.common.get('google/protobuf/timestamp.proto')?.nested ?? {});
const type = root.lookupType('chat.Message');

const encode = (value: object) =>
  Buffer.concat([Buffer.from(MESSAGE), type.encode(type.create(value)).finish()]);

async function readOf(options: ReadOptions = {}) {
  return valueReader(schema, options);
}

test('numbers, texts, enumerations, timestamps and what is inside of messages, lists and maps', async () => {
  const include = {
    ...{
      room: '/room/name',
      parent: '/room/parent/name',
      tag: '/tags/a~1b',
      line: '/lines/1',
      third: '/numbers/2',
    },
    ...{
      caption: '/caption',
      author: '/author/name',
      known: '/author/known',
      score: '/score',
      code: '/code',
    },
    ...{ note: '/note', inMap: '/rooms/-7/name', missing: '/room/parent/parent/name' },
  };
  const read = await readOf({ include });
  const found = read(
    encode({
      ...{
        id: 2 ** 53 - 1,
        text: 'hello',
        priority: 2,
        timestamp: { seconds: 1_700_000_000, nanos: 5_999_999 },
      },
      room: { name: 'r', parent: { name: 'p' } },
      ...{ tags: { x: 'y', 'a/b': 'tag' }, lines: ['one', 'two'], numbers: [1, -2, -3] },
      ...{ caption: 'c "', author: { name: 'Ada', known: true }, score: 0.1, code: 4_000_000_000 },
      rooms: { 1: { name: 'no' }, '-7': { name: 'yes' } },
    }),
  );
  assert.equal(found.reason, '');
  assert.deepEqual(
    [found.text, found.id, found.timestamp, found.priority],
    ['hello', '9007199254740991', '1700000000005', 'low'],
  );
  assert.deepEqual(found.members, {
    ...{ '': 0, room: 'r', parent: 'p', tag: 'tag', line: 'two', third: -3, caption: 'c "', author: 'Ada' },
    ...{ known: true, score: 0.1, code: 4_000_000_000, inMap: 'yes' },
  });
});

test('a text that is not there is an empty one, unless the schema can tell', async () => {
  const empty = Buffer.from(MESSAGE);
  assert.equal((await readOf())(empty).text, '');
  assert.equal((await readOf())(empty).id, '');
  for (const pointer of ['/note', '/caption', '/room/name', '/author/name', '/nothing'])
    assert.equal(
      (await readOf({ request: { text: [pointer] } }))(empty).reason,
      'The request has no `text`.',
    );
});

test('the last one counts, messages are merged, and the members of a oneof take the place of each other', async () => {
  const join = (...values: object[]) =>
    Buffer.concat([Buffer.from(MESSAGE), ...values.map((value) => type.encode(type.create(value)).finish())]);
  const read = await readOf({
    include: { name: '/room/name', parent: '/room/parent/name', caption: '/caption' },
  });
  const parts = [
    { text: 'a', room: { parent: { name: 'p' } }, caption: 'c' },
    { text: 'b', room: { name: 'n' } },
  ];
  assert.deepEqual(read(join(...parts)).members, { '': 0, name: 'n', parent: 'p', caption: 'c' });
  assert.equal(read(join(...parts)).text, 'b');
  assert.deepEqual(read(join({ caption: 'c' }, { image: Buffer.from('x') })).members, { '': 0 });
});

test('the frame names the message', async () => {
  const read = await readOf({ request: { text: ['/x'] } });
  assert.match(read(Buffer.from([8, 0, 0, 0, 0])).reason, /no message of the type/);
  assert.match(read(Buffer.from([6, 0, 0, 9])).reason, /no message of the type/);
  assert.equal(read(Buffer.from([4, 0, 0, 8, 1])).reason, '`text` is not a string.', 'Unused.Inner');
  assert.equal(read(Buffer.from([0])).reason, 'The request has no `text`.', 'Unused');
});

test('what is not a single value cannot be copied, and a schema that is none cannot be read', async () => {
  for (const pointer of ['/room', '/lines', '/tags', ''])
    await assert.rejects(readOf({ include: { m: pointer } }), { message: /only single values are copied/ });
  const broken = { type: 'PROTOBUF', references: [] } as const;
  await assert.rejects(valueReader({ ...broken, text: 'message {' }), { message: /no \.proto file/ });
  await assert.rejects(valueReader({ ...broken, text: 'syntax = "proto3"; message A { B b = 1; }' }), {
    message: /not there/,
  });
});

test('bytes that lie are refused with a reason', async () => {
  const early = /ends before/;
  const unfit = /out of range/;
  const cases: [what: string, bytes: number[], reason: RegExp][] = [
    ['a length beyond the value', [0x12, 40, 0x61], early],
    ['a huge length', [0x12, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f], early],
    ['a number of eleven bytes', [0x08, ...Array(10).fill(0xff), 1], unfit],
    ['field 0', [0x02, 0], unfit],
    ['a wire type that does not exist', [0x0f], unfit],
    ['the end of no group', [0x0c], unfit],
    ['a group without an end', [0xa3, 0x06, 0x08, 1], early],
    ['groups without end', Array(2_000).fill([0xa3, 0x06]).flat(), /nested deeper/],
    ['a list cut in a number', [0x42, 1, 0x80], early],
    ['bytes that are no text', [0x12, 1, 0xff], /not valid UTF-8/],
    ['a message cut in its text', [0x2a, 2, 0x0a, 9], early],
  ];
  const read = await readOf({ include: { number: '/numbers/0', room: '/room/name' } });
  for (const [what, bytes, reason] of cases)
    assert.match(read(Buffer.from([...MESSAGE, ...bytes])).reason, reason, what);
  const odd = Buffer.from([...MESSAGE, 0x10, 5, 0xa3, 0x06, 0x0b, 0x0c, 0xa4, 0x06]);
  assert.equal(read(odd).text, '', 'a number where a text is expected is passed over, and a group');
});

test('one byte changed or lost never does more than refuse the value', async () => {
  const read = await readOf({ include: { tag: '/tags/x', number: '/numbers/1', inMap: '/rooms/1/name' } });
  const bytes = encode({
    ...{ id: 7, text: 'hello', timestamp: { seconds: 1, nanos: 2 }, tags: { x: 'y' }, numbers: [1, 2, 3] },
    ...{ rooms: { 1: { name: 'r' } }, author: { name: 'Ada' }, score: 1.5 },
  });
  for (let i = 0; i < bytes.length; i++) {
    for (let bit = 0; bit < 8; bit++) {
      const changed = Buffer.from(bytes);
      changed[i] = (changed[i] as number) ^ (1 << bit);
      assert.equal(typeof read(changed).reason, 'string');
    }
    assert.equal(typeof read(bytes.subarray(0, i)).reason, 'string');
  }
});
