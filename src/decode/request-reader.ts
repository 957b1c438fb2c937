import type { RequestShape, ResultShape } from '../request-shape.ts';
import type { SourceMessage } from '../types.ts';
import { Attached } from './attached.ts';
import { loadBinding, type NativeReader, type ReadRequest, type SchemaPort } from './binding.ts';
import { mappingOf } from './mapping.ts';

/** What of the configuration says how to read a request. */
export interface ReaderConfig {
  readonly kafka: { readonly max_message_bytes: number; readonly max_json_depth: number };
  readonly request: RequestShape;
  readonly result: ResultShape;
  readonly encryption: { readonly require: boolean };
}

/** Reads single requests as the service would, for tools: it says what is in them, and classifies nothing. */
export class RequestReader {
  readonly #native: NativeReader;
  readonly #attached: Attached | undefined;
  readonly #deleted: number;

  constructor({ kafka, request, result, encryption }: ReaderConfig) {
    const { NativeReader, deletedStatus } = loadBinding();
    const limits = {
      maxMessageBytes: kafka.max_message_bytes,
      maxDepth: kafka.max_json_depth,
      encryptedOnly: encryption.require ? 1 : 0,
    } as const;
    this.#native = new NativeReader(limits, mappingOf(request, result));
    this.#attached = Attached.of(request);
    this.#deleted = deletedStatus;
  }

  /** Takes the programs of schemas. */
  get schemas(): SchemaPort {
    return this.#native;
  }

  read(message: SourceMessage): ReadRequest {
    this.#attached?.set(0, message);
    return this.#native.read(message.value, this.#attached?.parts);
  }

  /** Whether it has no value, or its envelope says that something was deleted: it is no request. */
  isDeletion(message: SourceMessage): boolean {
    return message.value === null || this.read(message).status === this.#deleted;
  }
}
