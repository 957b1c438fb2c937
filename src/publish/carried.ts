import type { MessageHeader, SourceMessage } from '../types.ts';
import { groupHeader, isGroupHeader } from '../writer-group.ts';

/** What results take along from their requests besides the key; part of the section `result:`. */
export interface CarriedOptions {
  readonly shape: 'record' | 'request';
  /** `all`, `none`, or names. */
  readonly headers: readonly string[];
  readonly timestamp: 'now' | 'request';
}

const everything: CarriedOptions = { shape: 'record', headers: ['all'], timestamp: 'now' };

/** Headers and timestamp of a result. */
export class Carried {
  /** Results are added to the values of their requests. */
  readonly hasValue: boolean;
  readonly #group: MessageHeader;
  /** Of a result whose request has none. */
  readonly #onlyGroup: MessageHeader[];
  readonly #hasTimestamp: boolean;
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
      !isGroupHeader(header) && (isAll || names.some((name) => Object.hasOwn(header, name)));
  }

  headersOf({ headers }: SourceMessage): MessageHeader[] {
    return headers === undefined
      ? this.#onlyGroup
      : [...headers.filter((header) => this.#isCarried(header)), this.#group];
  }

  /** undefined: when the record is written. */
  timestampOf({ timestamp }: SourceMessage): number | undefined {
    return this.#hasTimestamp && timestamp !== undefined && timestamp >= 0 ? timestamp : undefined;
  }
}
