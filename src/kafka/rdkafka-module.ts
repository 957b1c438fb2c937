import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type * as Rdkafka from 'node-rdkafka';
import { KubesentimentError } from '../errors.ts';
import { muslIsMissing, usesMusl } from '../platform.ts';

/** Which node-rdkafka is used, and the folder of its binding. */
export interface RdkafkaPlace {
  /** `prebuilt`: the one in this package; `compiled`: one that npm or the set-up has compiled here. */
  readonly kind: 'prebuilt' | 'compiled';
  /** The folder of the package. */
  readonly folder: string;
  readonly binding: string;
}

const require = createRequire(import.meta.url);
const packageRoot = fileURLToPath(new URL('../../../', import.meta.url));
const VERSION = '3.6.1';
let loaded: typeof Rdkafka | undefined;

/**
 * node-rdkafka, loaded at the first call: what needs no Kafka runs without it. A package with a copy of its own uses
 * that, which no other installation can replace (ADR 0030); any other, the one in node_modules. KS_CLIENT_MISSING.
 */
export function loadRdkafka(): typeof Rdkafka {
  if (loaded !== undefined) return loaded;
  const { folder, binding } = rdkafkaPlace();
  try {
    loaded = require(folder) as typeof Rdkafka;
  } catch (cause) {
    throw cannotBeLoaded(binding, cause);
  }
  return loaded;
}

/** Where node-rdkafka is, without loading it. KS_CLIENT_MISSING. */
export function rdkafkaPlace(): RdkafkaPlace {
  const own = join(packageRoot, 'vendor/node-rdkafka');
  if (existsSync(own)) {
    const { path } = require(join(own, 'binding.cjs')) as { path: string };
    if (existsSync(path)) return { kind: 'prebuilt', folder: own, binding: path };
  }
  let folder: string;
  try {
    folder = dirname(require.resolve('node-rdkafka/package.json'));
  } catch (cause) {
    throw missing(cause);
  }
  return { kind: 'compiled', folder, binding: join(folder, 'build/Release/node-librdkafka.node') };
}

/** Whether node-rdkafka was compiled with our changes (ADR 0016): a file beside the binding says so. */
export function isPatched(): boolean {
  const own = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as {
    config: { rdkafka_patch: string };
  };
  const marker = join(dirname(rdkafkaPlace().binding), 'kubesentiment-patched');
  return existsSync(marker) && readFileSync(marker, 'utf8').trim() === own.config.rdkafka_patch;
}

/** What to do about a node-rdkafka that `isPatched` denies. */
export function howToPatch(): string {
  return rdkafkaPlace().kind === 'prebuilt'
    ? 'Install kubesentiment again: a file beside its binding is missing or older than the rest.'
    : 'Run "node node_modules/kubesentiment/scripts/rdkafka-patch.mjs" (some minutes).';
}

const compileIt =
  `Compile it: "npm install node-rdkafka@${VERSION} --ignore-scripts", then ` +
  '"node node_modules/kubesentiment/scripts/rdkafka-patch.mjs"; it needs a C++ compiler, make and python3.';

function missing(cause: unknown): KubesentimentError {
  if (usesMusl()) {
    const { message, remedy } = muslIsMissing;
    return new KubesentimentError('KS_CLIENT_MISSING', message, { remedy, cause });
  }
  const { platform, arch, versions } = process;
  return new KubesentimentError(
    'KS_CLIENT_MISSING',
    `This package has no binding of node-rdkafka for Node ${versions.node} (ABI ${versions.modules}) on ${platform} ` +
      `${arch}, and none is installed beside it.`,
    { remedy: compileIt, cause },
  );
}

function cannotBeLoaded(binding: string, cause: unknown): KubesentimentError {
  const reason = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause);
  const glibc = /version `GLIBC_([\d.]+)' not found/.exec(reason)?.[1];
  return new KubesentimentError(
    'KS_CLIENT_MISSING',
    glibc === undefined
      ? `node-rdkafka (${binding}) cannot be loaded: ${reason}.`
      : `The C library of this machine is too old for node-rdkafka (${binding}): it needs glibc ${glibc}.`,
    {
      remedy:
        glibc === undefined
          ? `Install this package again. ${compileIt}`
          : `Use a newer system, such as RHEL 8, Debian 11 or Ubuntu 20.04. ${compileIt}`,
      cause,
    },
  );
}
