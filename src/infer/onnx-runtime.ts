import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type * as OnnxRuntime from 'onnxruntime-node';

const require = createRequire(import.meta.url);
const packageRoot = fileURLToPath(new URL('../../../', import.meta.url));

let chosen: string | undefined;

/**
 * ONNX Runtime, loaded at the first call. The published package has the part of onnxruntime-node that computes on CPUs
 * (ADR 0030): the whole one fetches CUDA when it is installed, and an install that cannot fetch it fails. One that is
 * installed beside it is taken where ours has no library for this machine, or if the first model needs CUDA.
 */
export function loadOnnxRuntime(provider: string): typeof OnnxRuntime {
  chosen ??= onnxRuntimeFolder(provider);
  return require(chosen) as typeof OnnxRuntime;
}

/** The folder of the onnxruntime-node that would be loaded. Throws if there is none. */
export function onnxRuntimeFolder(provider = 'cpu'): string {
  const own = join(packageRoot, 'vendor/onnxruntime-node');
  const hasLibrary = existsSync(join(own, 'bin/napi-v6', process.platform, process.arch));
  if (hasLibrary && (provider === 'cpu' || !isInstalled())) return own;
  return installedFolder();
}

/** ONNX Runtime prints an error of its own to standard error when a provider's library is missing. */
export function hasProvider(provider: string): boolean {
  if (provider !== 'cuda') return true;
  const files = readdirSync(join(chosen ?? onnxRuntimeFolder(provider), 'bin'), { recursive: true });
  return files.some((file) => /onnxruntime_providers_cuda\.(so|dll)$/.test(String(file)));
}

const installedFolder = (): string => dirname(require.resolve('onnxruntime-node/package.json'));

function isInstalled(): boolean {
  try {
    return existsSync(installedFolder());
  } catch {
    return false;
  }
}
