/** Whose transaction is open, asked of a socket that answers as a broker does. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { BrokerAccess } from '../../../src/kafka/broker-connection.ts';
import { transactionHolder } from '../../../src/kafka/transaction-holders.ts';
import { compactList, compactText, int16, int32, int64, noTags } from '../../../src/kafka/wire.ts';

const place = { topic: 't', partition: 0 };
const DESCRIBE_PRODUCERS = 61;
const DESCRIBE_TRANSACTIONS = 65;
const NOT_ALLOWED = 53;
const NOT_FOUND = 105;

const head = Buffer.concat([noTags, int32(0)]); // throttle time
const list = (...items: Buffer[][]): Buffer =>
  compactList(items.map((item) => Buffer.concat([...item, noTags])));
const producer = [int64(7), int32(0), int32(0), int64(0), int32(0), int64(3)];
const partitionOfTopic = [int32(0), int16(0), compactText(''), list(producer)];
const oneProducer = [head, list([compactText('t'), list(partitionOfTopic)]), noTags];
const noTransaction = [head, int16(0), compactList([]), compactList([]), noTags];
const described = (code: number): Buffer[] => {
  const state = [compactText(''), int32(0), int64(-1), int64(-1), int16(-1), compactList([])];
  return [head, list([int16(code), compactText('some'), ...state]), noTags];
};

/** It knows a producer with an open transaction, and no id. `code` undefined: it says nothing of ids. */
async function brokerWith(t: TestContext, code: number | undefined): Promise<BrokerAccess> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', (request: Buffer) => {
      const key = request.readInt16BE(4);
      if (key === DESCRIBE_TRANSACTIONS && code === undefined) return void socket.destroy();
      const body =
        key === DESCRIBE_PRODUCERS
          ? oneProducer
          : key === DESCRIBE_TRANSACTIONS
            ? described(code as number)
            : noTransaction;
      const content = Buffer.concat([request.subarray(8, 12), ...body]);
      socket.write(Buffer.concat([int32(content.length), content]));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { host: '127.0.0.1', port, tls: undefined, plain: undefined };
}

for (const [what, code, isComplete, isHidden] of [
  ['may be seen: no coordinator knows it', NOT_FOUND, true, false],
  ['may not be seen: it may be at work', NOT_ALLOWED, true, true],
  ['are not spoken of: nobody knows whether it is at work', undefined, false, false],
] as const)
  test(`a transaction without an id, where ids ${what}`, async (t) => {
    const holder = await transactionHolder([await brokerWith(t, code)], place);
    assert.deepEqual(
      [holder?.producerId, holder?.transactionalId, holder?.isComplete, holder?.isHidden],
      [7, undefined, isComplete, isHidden],
    );
  });
