import { KubesentimentError } from '../errors.ts';
import type { ResultFormat } from '../request-shape.ts';
import type { SlotTable } from '../slots.ts';
import type { ErrorType, Side, TopicPartition } from '../types.ts';
import {
  type AttachedParts,
  type EncryptionStatus,
  loadBinding,
  type MappingOptions,
  type NativeDecoder,
  type SchemaPort,
  type SchemaStatus,
} from './binding.ts';
import { type LoadedTokenizer, refusedTokenizer } from './loaded-tokenizer.ts';
import { readTokenizerFile } from './tokenizer-file.ts';

export interface DecoderOptions {
  /** A Hugging Face tokenizer.json, or vocab.json or vocab.txt of an older directory. */
  readonly tokenizerPath: string;
  /** The same, loaded aside. Default: it is loaded here. */
  readonly tokenizer?: LoadedTokenizer | undefined;
  /** Maximum tokens per row, including special tokens. Texts that are longer than can be read are flagged. */
  readonly maxTokens: number;
  /** Row `i` of the slab belongs to slot `i`. Native code gets the columns once. */
  readonly table: SlotTable;
  /** Larger values are rejected as `too_large`. */
  readonly maxMessageBytes: number;
  /** Nesting of objects and arrays; deeper values are rejected as `invalid_json`. */
  readonly maxDepth: number;
  /** Label of each output column. */
  readonly labels: readonly string[];
  /** Label with the number after theirs, for texts with a low score. */
  readonly uncertainLabel?: string;
  /** If given, and `allScores` too, results carry `labels`: those with a higher score. */
  readonly threshold?: number | undefined;
  readonly modelName: string;
  readonly modelVersion: string;
  /** Plain requests are rejected as `decrypt_failed`. */
  readonly encryptedOnly?: boolean;
  /** Pads the rows of a batch. Default: as tokenizer.json says. */
  readonly padId?: number;
  /** Where rows of a batch are filled up, and where texts are cut. Default: as tokenizer.json says. */
  readonly padSide?: Side | undefined;
  readonly truncationSide?: Side | undefined;
  /** A longer text is read in windows that share this many tokens. Default: it is truncated. */
  readonly windowOverlap?: number | undefined;
  /** Probabilities of all labels, slots × labels. If given, results carry `scores`. */
  readonly allScores?: Float32Array;
  /** Where the fields of a request stand. Default: as in the README, strictly. */
  readonly mapping?: MappingOptions | undefined;
  /** Of topics whose requests have a shape of their own: the first one is shape 1. */
  readonly otherMappings?: readonly MappingOptions[] | undefined;
  /** Default: json. */
  readonly resultFormat?: ResultFormat | undefined;
  /** Results are the requests themselves, with one more member of this name. */
  readonly resultMember?: string | undefined;
  /** For the logits of texts that were classified before. Default 0: they are not kept. */
  readonly cacheBytes?: number;
  /** Results say which model of a cascade gave them: this one. Default: there is no cascade. */
  readonly stage?: 1 | 2 | undefined;
}

const resultFormats = { json: 0, json_schema: 0, avro: 1, protobuf: 2 } as const;

/** Result records back to back; record `i` ends before byte `ends[i]`. Valid until the next call. */
export interface EncodedResults {
  readonly bytes: Buffer;
  readonly ends: Uint32Array;
}

/**
 * The native core as seen from JavaScript: message bytes in, rows of token ids in a slab, tensors and result records
 * out, without a string, object or allocation per message. Wrong arguments and use after `close` throw
 * KS_ADDON_MISUSE.
 */
export class Decoder {
  /** Whether it was made with `cacheBytes`. */
  readonly hasCache: boolean;
  readonly #native: NativeDecoder;
  #bytes = Buffer.alloc(64 * 1024);
  #ends = new Uint32Array(256);

  /** Throws KS_MODEL_NOT_FOUND, KS_MODEL_INVALID or KS_MODEL_UNSUPPORTED if the tokenizer cannot be used. */
  constructor(options: DecoderOptions) {
    const { tokenizerPath, table, padId = -1, allScores, uncertainLabel = '', threshold } = options;
    const { mapping, otherMappings = [], resultMember = '', windowOverlap = -1, cacheBytes = 0 } = options;
    const encryptedOnly = options.encryptedOnly === true ? 1 : 0;
    this.hasCache = cacheBytes > 0;
    const tokenizer = options.tokenizer?.number ?? readTokenizerFile(tokenizerPath);
    const { NativeDecoder } = loadBinding();
    try {
      const rows = table.capacity;
      this.#native = new NativeDecoder({
        ...options,
        ...{ tokenizer, rows, padId, allScores, encryptedOnly, uncertainLabel, threshold },
        ...{ mapping, otherMappings, resultMember, windowOverlap, cacheBytes },
        stage: options.stage ?? 0,
        resultFormat: resultFormats[options.resultFormat ?? 'json'],
        padLeft: isLeft(options.padSide),
        truncateLeft: isLeft(options.truncationSide),
      });
    } catch (cause) {
      const isWithoutRoom = cause instanceof KubesentimentError && cause.code === 'KS_CONFIG_INVALID';
      throw isWithoutRoom ? withoutRoom(cause) : refusedTokenizer(tokenizerPath, cause);
    }
  }

  /**
   * Reads the requests `values[0…count-1]` into the rows `slots[0…count-1]` and sets `status`, `length` and `flags` in
   * the table, and its windows. Returns how many have status 0. Encrypted requests get the status `encrypted`.
   * `shapes`: which mapping each of them has; without it, all have the first.
   */
  decode(
    values: readonly (Uint8Array | null)[],
    slots: Int32Array,
    count: number,
    attached?: AttachedParts,
    shapes?: Uint8Array,
  ): number {
    return this.#native.decode(values, slots, count, attached, shapes);
  }

  /** The same for plain texts. */
  decodeTexts(texts: readonly string[], slots: Int32Array, count: number): number {
    return this.#native.decodeTexts(texts, slots, count);
  }

  /**
   * Where the encrypted texts of decoded rows are in their values, as pairs of first byte and length; the length is 0
   * for a row that is not encrypted. `spans` has room for 2 × `count`.
   */
  encryptedSpans(slots: Int32Array, count: number, spans: Uint32Array): void {
    this.#native.encryptedSpans(slots, count, spans);
  }

  /** Decrypted texts of encrypted rows, back to back; text `i` ends before byte `ends[i]`. Sets the columns. */
  decodeDecrypted(bytes: Uint8Array, ends: Uint32Array, slots: Int32Array, count: number): void {
    this.#native.decodeDecrypted(bytes, ends, slots, count);
  }

  /** How many tokens the tokenizer puts around every text. */
  get specialTokens(): number {
    return this.#native.specialTokens();
  }

  /** Frees the tokens of a text in several windows; they cannot be packed any more. */
  forgetWindows(slot: number): void {
    this.#native.forgetWindows(slot);
  }

  /** A copy of the token ids of a row. */
  tokens(row: number): Int32Array {
    return this.#native.tokens(row);
  }

  /**
   * Writes `count` rows of `width` ids, padded, and their mask. `ids` and `mask` have exactly
   * `count × width` elements, and no row is longer than `width`.
   */
  pack(rows: Int32Array, count: number, width: number, ids: BigInt64Array, mask: BigInt64Array): void {
    this.#native.pack(rows, count, width, ids, mask);
  }

  /**
   * 64-bit hashes of the request ids of decoded rows, as pairs of low and high word: `hashes` has room for 2 × `count`.
   * Both words are 0 for a request without an id. The hash differs from run to run.
   */
  hashIds(slots: Int32Array, count: number, hashes: Uint32Array): void {
    this.#native.hashIds(slots, count, hashes);
  }

  /**
   * Looks for texts that were classified before: sets `found` to 1 or 0 for each slot, and writes the logits of those
   * it knows, float32 [count, labels]. Returns how many these are. Only with `cacheBytes`.
   */
  findCached(slots: Int32Array, count: number, logits: Float32Array, found: Uint8Array): number {
    return this.#native.findCached(slots, count, logits, found);
  }

  /** Keeps the logits of a batch, float32 [count, labels], except those of windows. Only with `cacheBytes`. */
  keepCached(rows: Int32Array, count: number, logits: Float32Array): void {
    this.#native.keepCached(rows, count, logits);
  }

  /** The same for whole texts, also those that were read in windows, before these are forgotten. */
  keepCachedTexts(slots: Int32Array, count: number, logits: Float32Array): void {
    this.#native.keepCachedTexts(slots, count, logits);
  }

  /**
   * The results of rows of one partition. `offsets` and `latencyMs` belong to `slots`; label, score and attempts come
   * from the table. `requests`: the values of the slots, which only `resultMember` needs. `schemaIds`: by the number of
   * a label, if results begin with the id of their schema.
   */
  encodeResults(
    source: TopicPartition,
    slots: Int32Array,
    count: number,
    offsets: Float64Array,
    latencyMs: Float64Array,
    processedAtMs: number,
    requests?: readonly (Uint8Array | null)[],
    schemaIds?: Uint32Array,
  ): EncodedResults {
    if (this.#ends.length < count) this.#ends = new Uint32Array(2 * count);
    const { topic, partition } = source;
    const encode = () =>
      this.#native.encodeResults(
        topic,
        partition,
        slots,
        count,
        offsets,
        latencyMs,
        processedAtMs,
        this.#bytes,
        this.#ends,
        requests,
        schemaIds,
      );
    let size = encode();
    while (size < 0) {
      this.#bytes = Buffer.alloc(-size * 2);
      size = encode();
    }
    return { bytes: this.#bytes.subarray(0, size), ends: this.#ends.subarray(0, count) };
  }

  /** The kind of error that a decode status other than 0 represents. */
  errorTypeOf(status: number): ErrorType {
    return Decoder.describe(status).errorType;
  }

  /** Why a message was rejected. The sentence contains no part of the message. */
  static describe(status: number): { errorType: ErrorType; message: string } {
    return loadBinding().describeStatus(status) as { errorType: ErrorType; message: string };
  }

  /** The status numbers of encrypted requests. */
  static get encryptionStatus(): EncryptionStatus {
    return loadBinding().encryptionStatus;
  }

  /** The status numbers of values whose schema has not come, or is of no use. */
  static get schemaStatus(): SchemaStatus {
    return loadBinding().schemaStatus;
  }

  /** The status of a message that must not be decoded again: the event loop stood still over it. */
  static get stalledStatus(): number {
    return loadBinding().stalledStatus;
  }

  /** The status of an event that says that something was deleted: it is no request. */
  static get deletedStatus(): number {
    return loadBinding().deletedStatus;
  }

  /** Takes the programs of schemas, for values of one shape. */
  schemas(shape = 0): SchemaPort {
    return {
      setSchema: (id, format, refusal, code, strings) =>
        this.#native.setSchema(id, format, refusal, code, strings, shape),
      removeSchema: (id) => this.#native.removeSchema(id, shape),
    };
  }

  /** Frees the slab and the tokenizer. */
  close(): void {
    this.#native.close();
  }
}

function withoutRoom(cause: KubesentimentError): KubesentimentError {
  const remedy = 'Lower model.window_overlap, or raise model.max_length.';
  return new KubesentimentError(cause.code, `${cause.message}.`, { remedy, cause });
}

function isLeft(side: Side | undefined): -1 | 0 | 1 {
  if (side === undefined) return -1;
  return side === 'left' ? 1 : 0;
}
