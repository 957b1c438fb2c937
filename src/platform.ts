import { closeSync, openSync, readSync } from 'node:fs';

/** Where the name of the loader stands in a program. */
const HEAD_BYTES = 4096;

let musl: boolean | undefined;

/** The name of this platform in `prebuilds/`: as Node has it, with `-musl` where its C library is that of Alpine. */
export function platformName(): string {
  return `${process.platform}-${process.arch}${usesMusl() ? '-musl' : ''}`;
}

/** Node's own file names the C library that it was linked with, near its beginning (scripts/package/binding.cjs). */
export function usesMusl(): boolean {
  musl ??= process.platform === 'linux' && headOf(process.execPath).includes('/ld-musl-');
  return musl;
}

/** What there is to say where a compiled part is missing because of musl. */
export const muslIsMissing = {
  message:
    'kubesentiment does not run with musl, the C library of Alpine: ONNX Runtime is built for glibc alone.',
  remedy:
    'Use a system with glibc 2.28 or later, such as Debian; as an image, node:22-slim instead of node:22-alpine.',
};

function headOf(path: string): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  const file = openSync(path, 'r');
  try {
    readSync(file, head, 0, head.length, 0);
  } finally {
    closeSync(file);
  }
  return head;
}
