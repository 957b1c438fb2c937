import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ErrorCode, KubesentimentError } from '../errors.ts';
import { muslIsMissing, platformName, usesMusl } from '../platform.ts';
import type { SlotTable } from '../slots.ts';

/**
 * What native/node/addon.cc exports. Every method validates its arguments: it throws KS_ADDON_MISUSE, never crashes.
 */
export interface NativeBinding {
  NativeDecoder: new (options: NativeOptions) => NativeDecoder;
  NativeReader: new (limits: ReaderLimits, mapping: MappingOptions) => NativeReader;
  /** The CPU instructions that the inner loops use; KUBESENTIMENT_CPU_PATH can select others. */
  cpuPath(): CpuPath;
  describeStatus(status: number): { errorType: string; message: string };
  endProcess(exitCode: number): never;
  limitArenas(count: number): void;
  /** Resolves with a number for `NativeOptions.tokenizer` of `count` decoders, at most 16. */
  loadTokenizer(file: Uint8Array, count: number): Promise<number>;
  /** Frees what none of them has taken. */
  dropTokenizer(number: number): void;
  trimMemory(): Promise<void>;
  /** Statuses of encrypted requests. */
  readonly encryptionStatus: EncryptionStatus;
  /** Of a message that is not decoded, because doing so made the event loop stand still. */
  readonly stalledStatus: number;
  /** Of an envelope that says that something was deleted. */
  readonly deletedStatus: number;
  readonly schemaStatus: SchemaStatus;
  setErrorMaker(make: (code: ErrorCode, message: string) => Error): void;
}

export type CpuPath = 'baseline' | 'neon' | 'avx2' | 'avx512';

/** Status numbers: `encrypted` is waiting for decryption, the others say why it failed. */
export interface EncryptionStatus {
  readonly encrypted: number;
  readonly token: number;
  readonly key: number;
  readonly forged: number;
  readonly utf8: number;
}

/** Status numbers: `wanted` is waiting for its schema, the others say why that is of no use. */
export interface SchemaStatus {
  readonly wanted: number;
  readonly unknown: number;
  readonly kind: number;
  readonly unreadable: number;
}

/** How values of one schema are read; see native/schema_program.h. */
export interface SchemaProgram {
  /** 0 JSON, 1 Avro, 2 Protobuf, 3 not at all. */
  readonly format: 0 | 1 | 2 | 3;
  /** The status of such values; 0 if they are read. */
  readonly refusal: number;
  readonly code: Int32Array;
  readonly strings: readonly string[];
}

/** Where programs go. `id`: the five bytes of a frame, or as many bytes of a header as say which schema it is. */
export interface SchemaPort {
  setSchema(
    id: Uint8Array,
    format: number,
    refusal: number,
    code: Int32Array,
    strings: readonly string[],
  ): void;
  removeSchema(id: Uint8Array): void;
}

/** `RequestMapping` in native/request_mapping.h. */
export interface MappingOptions {
  /** 1: the whole value is the text. */
  readonly isText: 0 | 1;
  /** The frame of a Schema Registry serializer: 0 never, 1 required, 2 optional. */
  readonly framing: 0 | 1 | 2;
  /** 0 none, 1 connect, 2 debezium, 3 cloudevents. */
  readonly envelope: number;
  /** 0: lets a byte-order mark, half surrogate pairs, NaN and Infinity through. */
  readonly isStrict: 0 | 1;
  /** 1: refuses what is not a JSON object. */
  readonly needsObject: 0 | 1;
  /** JSON Pointers. */
  readonly text: readonly string[];
  /** JSON Pointers, `$key`, or empty. */
  readonly id: string;
  readonly timestamp: string;
  readonly priority: string;
  /** Members of results, and JSON Pointers to what is copied. */
  readonly includeNames: readonly string[];
  readonly includePointers: readonly string[];
}

/**
 * What came with the values, five elements for each: whether the value is without the envelope that is configured,
 * then id, timestamp and priority, then the header with the id of its schema. undefined: the value has it. null: there
 * is none.
 */
export type AttachedParts = readonly (Uint8Array | boolean | null | undefined)[];

export interface ReaderLimits {
  readonly maxMessageBytes: number;
  readonly maxDepth: number;
  /** 1: plain requests are rejected. */
  readonly encryptedOnly: 0 | 1;
}

/** One request that was read; the fields are there if `status` is 0. */
export interface ReadRequest {
  readonly status: number;
  readonly isEncrypted: boolean;
  /** undefined if it is encrypted. */
  readonly text?: string;
  /** JSON; empty if there is none. */
  readonly id?: string;
  readonly timestamp?: string;
  readonly priority?: 'high' | 'medium' | 'low';
  /** Members of JSON, each after a comma. */
  readonly included?: string;
}

export interface NativeReader extends SchemaPort {
  read(value: Uint8Array | null, attached: AttachedParts | undefined): ReadRequest;
}

export interface NativeOptions {
  /** The bytes of the file, or the number of one that was loaded aside. */
  readonly tokenizer: Uint8Array | number;
  readonly rows: number;
  readonly table: SlotTable;
  readonly maxTokens: number;
  readonly maxMessageBytes: number;
  readonly maxDepth: number;
  /** 1: plain requests are rejected. */
  readonly encryptedOnly: 0 | 1;
  /** -1: as the tokenizer says. */
  readonly padId: number;
  /** 1: rows are filled up, or texts cut, at the beginning; 0: at the end; -1: as the tokenizer says. */
  readonly padLeft: -1 | 0 | 1;
  readonly truncateLeft: -1 | 0 | 1;
  /** Tokens that windows of a text share; -1: no text has several. */
  readonly windowOverlap: number;
  readonly labels: readonly string[];
  /** The label with the number after theirs. */
  readonly uncertainLabel: string;
  /** If results carry `labels`: those with a higher score. */
  readonly threshold: number | undefined;
  readonly modelName: string;
  readonly modelVersion: string;
  readonly allScores: Float32Array | undefined;
  /** Default: a request as in the README, strictly. */
  readonly mapping: MappingOptions | undefined;
  /** Of topics whose requests have a shape of their own: the first one is shape 1. */
  readonly otherMappings: readonly MappingOptions[];
  /** What results are: 0 JSON, 1 Avro, 2 Protobuf. */
  readonly resultFormat: 0 | 1 | 2;
  /** Results are added to their requests under this name; empty: they are records of their own. */
  readonly resultMember: string;
  /** For the logits of texts that were classified before; 0: they are not kept. */
  readonly cacheBytes: number;
  /** Which model of a cascade gives these results; 0: there is no cascade. */
  readonly stage: 0 | 1 | 2;
}

export interface NativeDecoder {
  /** `shapes`: the number of the mapping of each value; undefined: 0 for all of them. */
  decode(
    values: readonly (Uint8Array | null)[],
    slots: Int32Array,
    count: number,
    attached: AttachedParts | undefined,
    shapes: Uint8Array | undefined,
  ): number;
  /** As in `SchemaPort`, for the values of one shape. */
  setSchema(
    id: Uint8Array,
    format: number,
    refusal: number,
    code: Int32Array,
    strings: readonly string[],
    shape: number,
  ): void;
  removeSchema(id: Uint8Array, shape: number): void;
  decodeTexts(texts: readonly string[], slots: Int32Array, count: number): number;
  encryptedSpans(slots: Int32Array, count: number, spans: Uint32Array): void;
  decodeDecrypted(bytes: Uint8Array, ends: Uint32Array, slots: Int32Array, count: number): void;
  specialTokens(): number;
  forgetWindows(slot: number): void;
  /** `rows`: see `SlotTable`. */
  tokens(row: number): Int32Array;
  pack(rows: Int32Array, count: number, width: number, ids: BigInt64Array, mask: BigInt64Array): void;
  hashIds(slots: Int32Array, count: number, hashes: Uint32Array): void;
  findCached(rows: Int32Array, count: number, logits: Float32Array, found: Uint8Array): number;
  keepCached(rows: Int32Array, count: number, logits: Float32Array): void;
  keepCachedTexts(rows: Int32Array, count: number, logits: Float32Array): void;
  /** Returns the bytes written, or minus the bytes needed if `bytes` is too small. */
  encodeResults(
    topic: string,
    partition: number,
    slots: Int32Array,
    count: number,
    offsets: Float64Array,
    latencyMs: Float64Array,
    processedAtMs: number,
    bytes: Uint8Array,
    ends: Uint32Array,
    requests: readonly (Uint8Array | null)[] | undefined,
    schemaIds: Uint32Array | undefined,
  ): number;
  close(): void;
}

const FILE_NAME = 'kubesentiment.node';
let loaded: NativeBinding | undefined;

/** Loads the addon once per thread. Throws KS_ADDON_MISSING. */
export function loadBinding(): NativeBinding {
  if (loaded !== undefined) return loaded;
  const root = packageRoot();
  const places = [
    join(root, 'prebuilds', platformName(), FILE_NAME),
    join(root, 'build', 'Release', FILE_NAME),
  ];
  const path = places.find((place) => existsSync(place));
  if (path === undefined) throw notBuilt(root);
  try {
    loaded = createRequire(import.meta.url)(path) as NativeBinding;
  } catch (cause) {
    throw missing(`The native addon ${path} cannot be loaded on this machine.`, cause);
  }
  loaded.setErrorMaker((code, message) => new KubesentimentError(code, message));
  return loaded;
}

/** More are no limit. */
const ARENAS_MAX = 1024;

/** Ends the process at once. `process.exit` would wait for a library call that hangs. */
export function endProcess(exitCode: number): void {
  try {
    loadBinding().endProcess(exitCode);
  } catch {
    process.kill(process.pid, 'SIGKILL'); // without the addon, the exit code is lost
  }
}

/**
 * Threads share `count` arenas of malloc from now on. With one for nearly each thread, as glibc has it, what a model
 * leaves behind when its threads end is spread over many half-empty ones.
 */
export function limitArenas(count: number): void {
  loadBinding().limitArenas(Math.min(count, ARENAS_MAX));
}

/** Gives unused memory back to the system, aside; without it, the allocator keeps what a model has used. */
export function trimMemory(): Promise<void> {
  return loadBinding().trimMemory();
}

/** A clone can be compiled with musl, too, for a backend other than ONNX Runtime. */
function notBuilt(root: string): KubesentimentError {
  if (!usesMusl() || existsSync(join(root, 'native'))) return missing('The native addon is not built.');
  const { message, remedy } = muslIsMissing;
  return new KubesentimentError('KS_ADDON_MISSING', message, { remedy });
}

function missing(message: string, cause?: unknown): KubesentimentError {
  const remedy =
    'Run `npm run build:native` in a clone; it needs a C++17 compiler, make and python3. The npm package has the ' +
    'addon for Linux with glibc 2.28 or later, on x64 and arm64.';
  return new KubesentimentError('KS_ADDON_MISSING', message, { remedy, cause });
}

/** The nearest folder above this file with a package.json: three levels up when compiled, two in the sources. */
function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json')) && folder !== dirname(folder)) folder = dirname(folder);
  return folder;
}
