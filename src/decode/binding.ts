import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ErrorCode, KubesentimentError } from '../errors.ts';
import type { SlotTable } from '../slots.ts';

/**
 * What native/node/addon.cc exports. Every method validates its arguments: it throws KS_ADDON_MISUSE, never crashes.
 */
export interface NativeBinding {
  NativeDecoder: new (options: NativeOptions) => NativeDecoder;
  /** The CPU instructions that the inner loops use; KUBESENTIMENT_CPU_PATH can select others. */
  cpuPath(): CpuPath;
  describeStatus(status: number): { errorType: string; message: string };
  endProcess(exitCode: number): never;
  /** Statuses of encrypted requests. */
  readonly encryptionStatus: EncryptionStatus;
  /** Of a message that is not decoded, because doing so made the event loop stand still. */
  readonly stalledStatus: number;
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

export interface NativeOptions {
  readonly tokenizer: Uint8Array;
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
  readonly labels: readonly string[];
  /** The label with the number after theirs. */
  readonly uncertainLabel: string;
  /** If results carry `labels`: those with a higher score. */
  readonly threshold: number | undefined;
  readonly modelName: string;
  readonly modelVersion: string;
  readonly allScores: Float32Array | undefined;
}

export interface NativeDecoder {
  decode(values: readonly (Uint8Array | null)[], slots: Int32Array, count: number): number;
  decodeTexts(texts: readonly string[], slots: Int32Array, count: number): number;
  encryptedSpans(slots: Int32Array, count: number, spans: Uint32Array): void;
  decodeDecrypted(bytes: Uint8Array, ends: Uint32Array, slots: Int32Array, count: number): void;
  tokens(slot: number): Int32Array;
  pack(slots: Int32Array, count: number, width: number, ids: BigInt64Array, mask: BigInt64Array): void;
  hashIds(slots: Int32Array, count: number, hashes: Uint32Array): void;
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
    join(root, 'prebuilds', `${process.platform}-${process.arch}`, FILE_NAME),
    join(root, 'build', 'Release', FILE_NAME),
  ];
  const path = places.find((place) => existsSync(place));
  if (path === undefined) throw missing('The native addon is not built.');
  try {
    loaded = createRequire(import.meta.url)(path) as NativeBinding;
  } catch (cause) {
    throw missing(`The native addon ${path} cannot be loaded on this machine.`, cause);
  }
  loaded.setErrorMaker((code, message) => new KubesentimentError(code, message));
  return loaded;
}

/** Ends the process at once. `process.exit` would wait for a library call that hangs. */
export function endProcess(exitCode: number): void {
  try {
    loadBinding().endProcess(exitCode);
  } catch {
    process.kill(process.pid, 'SIGKILL'); // without the addon, the exit code is lost
  }
}

function missing(message: string, cause?: unknown): KubesentimentError {
  const remedy = 'Run `npm run build:native` in the package; it needs a C++17 compiler, make and python3.';
  return new KubesentimentError('KS_ADDON_MISSING', message, { remedy, cause });
}

/** The nearest folder above this file with a package.json: three levels up when compiled, two in the sources. */
function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json')) && folder !== dirname(folder)) folder = dirname(folder);
  return folder;
}
