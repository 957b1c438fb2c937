/**
 * Record batches on the wire, without any client library: what librdkafka would change, or not write, stays as it is.
 * Format: https://kafka.apache.org/documentation/#recordbatch
 */
import { gzipSync } from 'node:zlib';
import { int16, int32, int64, int8, request, string } from './kafka-wire.ts';

export type RawHeader = readonly [name: string, value: Buffer | null];
export interface RawRecord {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly RawHeader[];
}

const produceRequest = { key: 0, version: 3 };
const fetchRequest = { key: 1, version: 4 };
const TIMEOUT_MS = 10_000;
const FETCH_BYTES = 32 * 2 ** 20;
const GZIP = 1;
const CODEC = 7;
const TRANSACTIONAL = 1 << 4;
const CONTROL = 1 << 5;
const RECORDS_AT = 61;

export interface RawOptions {
  readonly gzip?: boolean;
  /** The batch is the first of a transaction that its coordinator was never told of: it hangs. */
  readonly transaction?: { readonly id: string; readonly producerId: number };
}

/** Sends one batch. */
export async function produceRaw(
  server: string,
  topic: string,
  partition: number,
  records: readonly RawRecord[],
  { gzip = false, transaction }: RawOptions = {},
): Promise<void> {
  const batch = encodeBatch(records, gzip, transaction?.producerId);
  const id = transaction === undefined ? int16(-1) : string(transaction.id);
  const answer = await request(server, produceRequest.key, produceRequest.version, [
    ...[id, int16(-1), int32(TIMEOUT_MS)], // acknowledged by all
    ...[int32(1), string(topic), int32(1), int32(partition), int32(batch.length), batch],
  ]);
  const code = answer.readInt16BE(4 + 2 + Buffer.byteLength(topic) + 4 + 4);
  if (code !== 0) throw new Error(`Producing to ${topic} failed with code ${code}.`);
}

/** The records of a partition from its beginning, of one answer, uncompressed batches only. */
export async function fetchRaw(server: string, topic: string, partition: number): Promise<RawRecord[]> {
  const answer = await request(server, fetchRequest.key, fetchRequest.version, [
    ...[int32(-1), int32(0), int32(0), int32(FETCH_BYTES), int8(1)], // read_committed
    ...[int32(1), string(topic), int32(1), int32(partition), int64(0), int32(FETCH_BYTES)],
  ]);
  let at = 4 + 4 + 2 + Buffer.byteLength(topic) + 4 + 4;
  const code = answer.readInt16BE(at);
  if (code !== 0) throw new Error(`Fetching ${topic} failed with code ${code}.`);
  at += 2 + 8 + 8;
  at += 4 + 16 * Math.max(0, answer.readInt32BE(at)); // aborted transactions
  return [...decodeBatches(answer.subarray(at + 4))];
}

function encodeBatch(records: readonly RawRecord[], gzip: boolean, producerId?: number): Buffer {
  const producer =
    producerId === undefined ? [int64(-1), int16(-1), int32(-1)] : [int64(producerId), int16(0), int32(0)];
  const attributes = (gzip ? GZIP : 0) | (producerId === undefined ? 0 : TRANSACTIONAL);
  const plain = Buffer.concat(records.map(encodeRecord));
  const body = Buffer.concat([
    ...[int16(attributes), int32(records.length - 1), int64(Date.now()), int64(Date.now())],
    ...[...producer, int32(records.length)],
    gzip ? gzipSync(plain) : plain,
  ]);
  const checked = Buffer.concat([int32(-1), int8(2), int32(crc32c(body) | 0), body]);
  return Buffer.concat([int64(0), int32(checked.length), checked]);
}

function encodeRecord({ key, value, headers }: RawRecord, offset: number): Buffer {
  const body = Buffer.concat([
    ...[int8(0), varint(0), varint(offset), bytes(key), bytes(value), varint(headers.length)],
    ...headers.flatMap(([name, content]) => [bytes(Buffer.from(name)), bytes(content)]),
  ]);
  return Buffer.concat([varint(body.length), body]);
}

function* decodeBatches(batches: Buffer): Generator<RawRecord> {
  for (let at = 0; at + RECORDS_AT <= batches.length; ) {
    const end = at + 12 + batches.readInt32BE(at + 8);
    const attributes = batches.readInt16BE(at + 21);
    if ((attributes & CODEC) !== 0) throw new Error('The batch is compressed.');
    if ((attributes & CONTROL) === 0) yield* decodeRecords(batches.subarray(at + RECORDS_AT, end));
    at = end;
  }
}

function* decodeRecords(records: Buffer): Generator<RawRecord> {
  let at = 0;
  const number = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = records[at++] as number;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return (value >>> 1) ^ -(value & 1);
    }
  };
  const content = (): Buffer | null => {
    const length = number();
    if (length < 0) return null;
    at += length;
    return records.subarray(at - length, at);
  };
  while (at < records.length) {
    number(); // length
    at++; // attributes
    number(); // timestamp
    number(); // offset
    const [key, value] = [content(), content()];
    const headers = Array.from({ length: number() }, (): RawHeader => [String(content()), content()]);
    yield { key, value, headers };
  }
}

function bytes(content: Buffer | null): Buffer {
  return content === null ? varint(-1) : Buffer.concat([varint(content.length), content]);
}

/** Zigzag: small numbers of either sign are short. */
function varint(value: number): Buffer {
  const out: number[] = [];
  for (let rest = ((value << 1) ^ (value >> 31)) >>> 0; ; rest >>>= 7) {
    if (rest < 0x80) return Buffer.from([...out, rest]);
    out.push((rest & 0x7f) | 0x80);
  }
}

const CASTAGNOLI = 0x82f63b78;
const table = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit++) value = (value & 1) !== 0 ? (value >>> 1) ^ CASTAGNOLI : value >>> 1;
  return value;
});

function crc32c(content: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of content) crc = (crc >>> 8) ^ (table[(crc ^ byte) & 0xff] as number);
  return (crc ^ 0xffffffff) >>> 0;
}
