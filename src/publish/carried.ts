import { headerBytes } from '../dead-letter.ts';
import { SCHEMA_ID_HEADER } from '../decode/schema-id.ts';
import { countHeader, isPutOffHeader } from '../put-off.ts';
import type { MessageHeader, PutOff, SourceMessage } from '../types.ts';
import { groupHeader, isGroupHeader } from '../writer-group.ts';

/** What results take along from their requests besides the key; part of the section `result:`. */
export interface CarriedOptions {
  readonly shape: 'record' | 'request';
  /** `all`, `none`, or names. */
  readonly headers: readonly string[];
  readonly timestamp: 'now' | 'request';
}

/** Marks a result without the headers of its request, which did not fit into its topic; its value is how many bytes. */
const OMITTED = 'x-headers-omitted';
/** How long results are without timestamps of requests after their topic has refused one. */
const UNTIMED_MS = 60_000;
const everything: CarriedOptions = { shape: 'record', headers: ['all'], timestamp: 'now' };

/** Headers and timestamp of a result. */
export class Carried {
  /** Results are added to the values of their requests. */
  readonly hasValue: boolean;
  readonly #group: MessageHeader;
  /** Of a result whose request has none. */
  readonly #onlyGroup: MessageHeader[];
  readonly #hasTimestamp: boolean;
  #untimedUntil = 0;
  readonly #isCarried: (header: MessageHeader) => boolean;

  constructor(group: string, result: CarriedOptions = everything) {
    this.hasValue = result.shape === 'request';
    this.#group = groupHeader(group);
    this.#onlyGroup = [this.#group];
    this.#hasTimestamp = result.timestamp === 'request';
    const [first] = result.headers;
    const isAll = first === 'all';
    const names = first === 'none' ? [] : result.headers;
    this.#isCarried = (header) =>
      !isGroupHeader(header) &&
      !isPutOffHeader(header) &&
      !Object.hasOwn(header, OMITTED) &&
      !Object.hasOwn(header, SCHEMA_ID_HEADER) && // it is about another value
      (isAll || names.some((name) => Object.hasOwn(header, name)));
  }

  headersOf({ headers = [], putOff }: SourceMessage): MessageHeader[] {
    if (putOff === undefined && headers.length === 0) return this.#onlyGroup;
    return [...headers.filter((header) => this.#isCarried(header)), ...this.#ownOf(putOff)];
  }

  /** Of a result that takes none of them along, and says so. */
  headersWithout(message: SourceMessage): MessageHeader[] {
    return [{ [OMITTED]: String(this.headerBytesOf(message)) }, ...this.#ownOf(message.putOff)];
  }

  #ownOf(putOff: PutOff | undefined): MessageHeader[] {
    return putOff === undefined || putOff.count === 0
      ? this.#onlyGroup
      : [countHeader(putOff.count), this.#group];
  }

  /** Bytes of the headers that the result takes along. */
  headerBytesOf({ headers = [] }: SourceMessage): number {
    return headers.reduce((sum, header) => sum + (this.#isCarried(header) ? headerBytes(header) : 0), 0);
  }

  /** undefined: when the record is written. */
  timestampOf({ timestamp }: SourceMessage): number | undefined {
    if (!this.#hasTimestamp || performance.now() < this.#untimedUntil) return undefined;
    return timestamp !== undefined && timestamp >= 0 ? timestamp : undefined;
  }

  /** From now on, for a while. False if there were none. */
  leaveOutTimestamps(): boolean {
    const now = performance.now();
    if (!this.#hasTimestamp || now < this.#untimedUntil) return false;
    this.#untimedUntil = now + UNTIMED_MS;
    return true;
  }
}
