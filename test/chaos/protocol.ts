/**
 * As much of Kafka's protocol as it takes to know the requests of a transaction, and what the broker answered.
 * A frame is a length and that many bytes. Format: https://kafka.apache.org/protocol
 */

/** Numbers of the requests, and the first version of each with compact strings and tags. */
const apis = {
  produce: { key: 0, flexible: 9 },
  offsetFetch: { key: 9, flexible: 6 },
  initProducerId: { key: 22, flexible: 2 },
  addPartitions: { key: 24, flexible: 3 },
  addOffsets: { key: 25, flexible: 3 },
  endTxn: { key: 26, flexible: 3 },
  offsetCommit: { key: 28, flexible: 3 },
  groupHeartbeat: { key: 68, flexible: 0 },
} as const;
export type Api = keyof typeof apis;
/** Requests of members, not of transactions. */
type GroupApi = 'offsetFetch' | 'groupHeartbeat';

export interface RequestHeader {
  /** Undefined for requests that nobody here asks about. */
  readonly api: Api | undefined;
  readonly version: number;
  readonly correlationId: number;
}

/** A request that belongs to a transaction, or begins the epoch for the next ones. */
export interface TransactionRequest {
  readonly api: Exclude<Api, GroupApi>;
  readonly transactionalId: string;
  /** Of EndTxn: whether it commits. */
  readonly commits: boolean;
}

/** An error code of an answer, and where it stands in the frame. */
export interface AnsweredError {
  readonly code: number;
  readonly at: number;
}

const nameOf = new Map<number, Api>(Object.entries(apis).map(([name, { key }]) => [key, name as Api]));
const RESPONSE_BODY = 8;
const errorNames: Readonly<Record<number, string>> = {
  0: 'NONE',
  3: 'UNKNOWN_TOPIC_OR_PARTITION',
  6: 'NOT_LEADER_OR_FOLLOWER',
  16: 'NOT_COORDINATOR',
  19: 'NOT_ENOUGH_REPLICAS',
  22: 'ILLEGAL_GENERATION',
  25: 'UNKNOWN_MEMBER_ID',
  45: 'OUT_OF_ORDER_SEQUENCE_NUMBER',
  46: 'DUPLICATE_SEQUENCE_NUMBER',
  47: 'INVALID_PRODUCER_EPOCH',
  48: 'INVALID_TXN_STATE',
  49: 'INVALID_PRODUCER_ID_MAPPING',
  51: 'CONCURRENT_TRANSACTIONS',
  90: 'PRODUCER_FENCED',
  113: 'STALE_MEMBER_EPOCH',
  120: 'TRANSACTION_ABORTABLE',
};

export function requestHeader(frame: Buffer): RequestHeader {
  return {
    api: nameOf.get(frame.readInt16BE(4)),
    version: frame.readInt16BE(6),
    correlationId: frame.readInt32BE(8),
  };
}

export function correlationIdOf(response: Buffer): number {
  return response.readInt32BE(4);
}

export function errorName(code: number): string {
  return errorNames[code] ?? `error ${code}`;
}

/** Undefined for every other request, also those of a producer without transactions. */
export function transactionRequest(frame: Buffer): TransactionRequest | undefined {
  const { api, version } = requestHeader(frame);
  if (api === undefined || isGroupApi(api)) return undefined;
  const cursor = requestBody(frame, version >= apis[api].flexible);
  if (api === 'addPartitions' && version >= 4) cursor.length();
  const transactionalId = cursor.text();
  if (transactionalId === undefined) return undefined;
  if (api !== 'endTxn') return { api, transactionalId, commits: false };
  cursor.skip(10); // producer and epoch
  return { api, transactionalId, commits: cursor.int8() !== 0 };
}

/** Of a heartbeat under KIP-848: 0 joins, -1 and -2 leave. Undefined for every other request. */
export function memberEpoch(frame: Buffer): number | undefined {
  if (requestHeader(frame).api !== 'groupHeartbeat') return undefined;
  const cursor = requestBody(frame, true);
  cursor.text(); // group
  cursor.text(); // member
  return cursor.int32();
}

function isGroupApi(api: Api): api is GroupApi {
  return api === 'offsetFetch' || api === 'groupHeartbeat';
}

/** Stands behind the header. */
function requestBody(frame: Buffer, isFlexible: boolean): Cursor {
  const cursor = new Cursor(frame, 12, isFlexible);
  cursor.skip(2 + Math.max(0, frame.readInt16BE(12))); // the name of the client, which is never compact
  cursor.tags();
  return cursor;
}

/** The error codes in the answer to a request, for the whole and for each partition. */
export function errorsIn({ api, version }: RequestHeader, response: Buffer): AnsweredError[] {
  if (api === undefined) return [];
  const cursor = new Cursor(response, RESPONSE_BODY, version >= apis[api].flexible);
  cursor.tags();
  switch (api) {
    case 'produce':
      return produceErrors(cursor, version);
    case 'offsetFetch':
      return fetchErrors(cursor, version);
    case 'addPartitions':
      cursor.skip(4); // time of throttling
      return version < 4
        ? partitionErrors(cursor)
        : [cursor.error(), ...named(cursor, () => partitionErrors(cursor))];
    case 'offsetCommit':
      cursor.skip(4);
      return partitionErrors(cursor);
    default:
      cursor.skip(4);
      return [cursor.error()];
  }
}

function partitionErrors(cursor: Cursor): AnsweredError[] {
  return topics(cursor, false, () => {
    cursor.skip(4); // number of the partition
    return cursor.error();
  });
}

function produceErrors(cursor: Cursor, version: number): AnsweredError[] {
  return topics(cursor, version >= 13, () => {
    cursor.skip(4);
    const error = cursor.error();
    cursor.skip(8 + (version >= 2 ? 8 : 0) + (version >= 5 ? 8 : 0)); // offset, time, start of the log
    if (version >= 8) {
      cursor.list(() => {
        cursor.skip(4);
        cursor.text();
      });
      cursor.text();
    }
    return error;
  });
}

function fetchErrors(cursor: Cursor, version: number): AnsweredError[] {
  if (version >= 3) cursor.skip(4);
  const ofTopics = (): AnsweredError[] =>
    topics(cursor, version >= 10, () => {
      cursor.skip(4 + 8 + (version >= 5 ? 4 : 0)); // number, offset, epoch of the leader
      cursor.text();
      return cursor.error();
    });
  if (version < 8) return version < 2 ? ofTopics() : [...ofTopics(), cursor.error()];
  return named(cursor, () => [...ofTopics(), cursor.error()]);
}

/** A list of things that begin with a name. */
function named<T>(cursor: Cursor, rest: () => T[]): T[] {
  const found = cursor.list(() => {
    cursor.text();
    return rest();
  });
  return found.flat();
}

/** The list of topics with their partitions; `hasIds`: with a UUID in the place of the name. */
function topics<T>(cursor: Cursor, hasIds: boolean, partition: () => T): T[] {
  const found = cursor.list(() => {
    if (hasIds) cursor.skip(16);
    else cursor.text();
    return cursor.list(partition);
  });
  return found.flat();
}

/** Reads one field after the other. */
class Cursor {
  readonly #bytes: Buffer;
  readonly #isFlexible: boolean;
  #at: number;

  constructor(bytes: Buffer, at: number, isFlexible: boolean) {
    this.#bytes = bytes;
    this.#at = at;
    this.#isFlexible = isFlexible;
  }

  skip(bytes: number): void {
    this.#at += bytes;
  }

  int32(): number {
    this.#at += 4;
    return this.#bytes.readInt32BE(this.#at - 4);
  }

  int8(): number {
    return this.#bytes.readInt8(this.#at++);
  }

  error(): AnsweredError {
    const at = this.#at;
    this.#at += 2;
    return { code: this.#bytes.readInt16BE(at), at };
  }

  /** Undefined: null. */
  text(): string | undefined {
    const bytes = this.#isFlexible ? this.#uvarint() - 1 : this.error().code;
    if (bytes < 0) return undefined;
    this.#at += bytes;
    return this.#bytes.toString('utf8', this.#at - bytes, this.#at);
  }

  /** Of a list. */
  length(): number {
    if (this.#isFlexible) return this.#uvarint() - 1;
    this.#at += 4;
    return this.#bytes.readInt32BE(this.#at - 4);
  }

  /** Each element, which ends with its tags. */
  list<T>(element: () => T): T[] {
    return Array.from({ length: Math.max(0, this.length()) }, () => {
      const value = element();
      this.tags();
      return value;
    });
  }

  tags(): void {
    if (!this.#isFlexible) return;
    for (let rest = this.#uvarint(); rest > 0; rest--) {
      this.#uvarint();
      this.skip(this.#uvarint());
    }
  }

  #uvarint(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.#bytes.readUInt8(this.#at++);
      value |= (byte & 0x7f) << shift;
      if ((byte & 0x80) === 0) return value >>> 0;
    }
  }
}

/** Cuts a stream of bytes into frames. */
export class FrameSplitter {
  #chunks: Buffer[] = [];
  #length = 0;

  /** The frames that are whole with this chunk. */
  push(chunk: Buffer): Buffer[] {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    const frames: Buffer[] = [];
    for (let bytes = this.#next(); bytes <= this.#length; bytes = this.#next()) {
      const all = this.#joined();
      frames.push(all.subarray(0, bytes));
      this.#chunks = [all.subarray(bytes)];
      this.#length -= bytes;
    }
    return frames;
  }

  /** Bytes of the next frame. */
  #next(): number {
    if (this.#length < 4) return Number.POSITIVE_INFINITY;
    const [first] = this.#chunks as [Buffer];
    return 4 + (first.length >= 4 ? first : this.#joined()).readInt32BE(0);
  }

  #joined(): Buffer {
    if (this.#chunks.length > 1) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0] as Buffer;
  }
}
