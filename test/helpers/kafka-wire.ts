/**
 * The few admin requests that node-rdkafka does not have, implemented directly on the wire protocol. Plaintext, one
 * connection per request. Format: https://kafka.apache.org/protocol
 */
import { once } from 'node:events';
import { connect } from 'node:net';

const TIMEOUT_MS = 20_000;
const api = {
  listGroups: 16,
  deleteRecords: 21,
  createAcls: 30,
  deleteAcls: 31,
  describeAcls: 29,
  electLeaders: 43,
  alterConfigs: 44,
  reassign: 45,
  updateFeatures: 57,
};
const TOPIC = 2;
const LITERAL = 3;
const ANY = 1;
const UPGRADE = 1;
const SAFE_DOWNGRADE = 2;

/** Resources and operations by their protocol numbers. */
const resources = { topic: TOPIC, group: 3, 'transactional-id': 5 } as const;
const operations = { read: 3, write: 4, create: 5, describe: 8 } as const;
export interface AccessRule {
  readonly resource: keyof typeof resources;
  readonly name: string;
  readonly operation: keyof typeof operations;
}

/** Sets one property of a topic. Any broker forwards it to the controller. */
export async function setTopicConfig(
  server: string,
  topic: string,
  key: string,
  value: string,
): Promise<void> {
  const answer = await request(server, api.alterConfigs, 0, [
    ...[int32(1), int8(TOPIC), string(topic)],
    ...[int32(1), string(key), int8(0), string(value), int8(0)],
  ]);
  check(answer.readInt16BE(8), `Setting ${key} of ${topic}`); // after throttle time and array length
}

/** Deletes the records of a partition that come before `offset`. The broker has to be its leader. */
export async function deleteRecords(
  server: string,
  topic: string,
  partition: number,
  offset: number,
): Promise<void> {
  const answer = await request(server, api.deleteRecords, 0, [
    ...[int32(1), string(topic), int32(1), int32(partition), int64(offset), int32(TIMEOUT_MS)],
  ]);
  check(answer.readInt16BE(answer.length - 2), `Deleting records of ${topic}`); // after the new low watermark
}

/** Sets the level of a cluster feature, up or down, which are two different requests. */
export async function setFeature(server: string, feature: string, level: number): Promise<void> {
  let code = 0;
  for (const way of [UPGRADE, SAFE_DOWNGRADE]) {
    const update = [compact(feature), int16(level), int8(way), uvarint(0)];
    const answer = await request(server, api.updateFeatures, 1, [
      uvarint(0), // tagged fields of the header
      ...[int32(TIMEOUT_MS), uvarint(2), ...update, int8(0), uvarint(0)],
    ]);
    code = answer.readInt16BE(5); // after tags and throttle time
    if (code === 0) return;
  }
  check(code, `Setting ${feature} to ${level}`);
}

/** Allows everyone this operation on the resource and nothing else: without any rule the broker allows everything. */
export async function allowOnly(server: string, { resource, name, operation }: AccessRule): Promise<void> {
  const body = [int32(1), int8(resources[resource]), string(name), int8(LITERAL), string('User:ANONYMOUS')];
  body.push(string('*'), int8(operations[operation]), int8(3));
  check((await request(server, api.createAcls, 1, body)).readInt16BE(8), `A rule for ${name}`);
  await untilRules(server, name, resource, true);
}

/** Removes the rules of a resource. */
export async function allowAll(
  server: string,
  resource: AccessRule['resource'],
  name: string,
): Promise<void> {
  const answer = await request(server, api.deleteAcls, 1, [int32(1), ...filterOf(resource, name)]);
  check(answer.readInt16BE(8), `Removing the rules of ${name}`);
  await untilRules(server, name, resource, false);
}

/** Assigns these replicas to a partition; the first one becomes its leader. */
export async function moveLeader(
  server: string,
  topic: string,
  partition: number,
  replicas: readonly number[],
): Promise<void> {
  const list = [uvarint(replicas.length + 1), ...replicas.map(int32)];
  await request(server, api.reassign, 0, [
    uvarint(0), // tagged fields of the header
    ...[int32(TIMEOUT_MS), uvarint(2), compact(topic), uvarint(2), int32(partition), ...list],
    ...[uvarint(0), uvarint(0), uvarint(0)],
  ]);
  await request(server, api.electLeaders, 1, [
    ...[int8(0), int32(1), string(topic), int32(1), int32(partition), int32(TIMEOUT_MS)],
  ]);
}

/** `Stable` once its members have their partitions; undefined if this broker does not coordinate the group. */
export async function groupState(server: string, group: string): Promise<string | undefined> {
  // Tags of the header, no filter, tags.
  const answer = await request(server, api.listGroups, 4, [uvarint(0), uvarint(1), uvarint(0)]);
  let at = 1 + 4; // tags of the header, throttle time
  const number = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = answer[at++] as number;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const text = (): string => {
    const end = number() - 1 + at;
    const found = answer.toString('utf8', at, end);
    at = end;
    return found;
  };
  check(answer.readInt16BE(at), 'Listing groups');
  at += 2;
  for (let left = number() - 1; left > 0; left--) {
    const [id, , state] = [text(), text(), text()];
    at++; // tags
    if (id === group) return state;
  }
  return undefined;
}

/** The broker answers before its authorizer has the change; every request consults the authorizer. */
async function untilRules(
  server: string,
  name: string,
  resource: AccessRule['resource'],
  wanted: boolean,
): Promise<void> {
  for (;;) {
    const answer = await request(server, api.describeAcls, 1, filterOf(resource, name));
    const messageBytes = Math.max(0, answer.readInt16BE(6));
    if (answer.readInt32BE(8 + messageBytes) > 0 === wanted) return;
  }
}

function filterOf(resource: AccessRule['resource'], name: string): Buffer[] {
  const anyone = int16(-1);
  return [int8(resources[resource]), string(name), int8(LITERAL), anyone, anyone, int8(ANY), int8(ANY)];
}

/** The part of the answer after the correlation id. */
export async function request(
  server: string,
  key: number,
  version: number,
  body: readonly Buffer[],
  timeoutMs = TIMEOUT_MS,
): Promise<Buffer> {
  const [host = '', port] = (server.split(',')[0] as string).split(':');
  const content = Buffer.concat([int16(key), int16(version), int32(1), string('test'), ...body]);
  const socket = connect({ host, port: Number(port), timeout: timeoutMs });
  socket.once('timeout', () => socket.destroy(new Error('The broker does not answer.')));
  await once(socket, 'connect');
  socket.write(Buffer.concat([int32(content.length), content]));
  try {
    let answer = Buffer.alloc(0);
    for await (const chunk of socket) {
      answer = Buffer.concat([answer, chunk as Buffer]);
      if (answer.length >= 4 && answer.length >= 4 + answer.readInt32BE(0)) return answer.subarray(8);
    }
    throw new Error(`The broker closed the connection on request ${key}.`);
  } finally {
    socket.destroy();
  }
}

function check(code: number, doing: string): void {
  if (code !== 0) throw new Error(`${doing} failed with code ${code}.`);
}

export function int8(value: number): Buffer {
  return Buffer.from([value & 0xff]);
}

export function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

export function int64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(value));
  return bytes;
}

export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

export function string(text: string): Buffer {
  return Buffer.concat([int16(Buffer.byteLength(text)), Buffer.from(text)]);
}

function compact(text: string): Buffer {
  return Buffer.concat([uvarint(Buffer.byteLength(text) + 1), Buffer.from(text)]);
}

function uvarint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x80) return Buffer.from([...bytes, rest]);
    bytes.push((rest & 0x7f) | 0x80);
  }
}
