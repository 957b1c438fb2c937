/** Programs for another CPU than this machine's, run by QEMU; nothing is installed, and no setting changes. */
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fetchDebian } from './debian.mjs';
import { root } from './run.mjs';
import { targetOf } from './target.mjs';

/** What Node and the bindings find on every Debian, and what Node 26 needs besides on arm64. */
const systemPackages = ['libc6', 'libgcc-s1', 'libstdc++6', 'libatomic1'];

/**
 * What Linux says of processors of 64-bit ARM, here Neoverse N1. ONNX Runtime reads it, and ends with a segmentation
 * fault where QEMU 7.2 shows it that of this machine.
 */
const processors = Array.from({ length: availableParallelism() }, (_, index) =>
  [
    `processor\t: ${index}`,
    'BogoMIPS\t: 50.00',
    'Features\t: fp asimd evtstrm aes pmull sha1 sha2 crc32 atomics fphp asimdhp cpuid asimdrdm lrcpc dcpop asimddp',
    'CPU implementer\t: 0x41',
    'CPU architecture: 8',
    'CPU variant\t: 0x3',
    'CPU part\t: 0xd0c',
    'CPU revision\t: 1',
  ].join('\n'),
);

/**
 * The beginning of a command that runs a program of `target` as on this `model` of a CPU; on the machine itself if it
 * is one of `target` and no model is named. Rejects with a `StepError`.
 *
 * @returns {Promise<string[]>}
 */
export async function emulator(target, model) {
  const sameCpu = target.arch === process.arch;
  if (sameCpu && model === undefined) return [];
  const tools = await fetchDebian(targetOf().debian, ['qemu-user-static']);
  const names = [`qemu-${target.cpu}-static`, `qemu-${target.cpu}`].map((name) =>
    join(tools, 'usr/bin', name),
  );
  const qemu = names.find((path) => existsSync(path)) ?? names[0];
  const system = sameCpu ? [] : ['-L', await systemOf(target)];
  return [qemu, ...system, ...(model === undefined ? [] : ['-cpu', model])];
}

/** The folder in which an emulated program finds what it opens, before it looks into this machine's. */
async function systemOf({ arch, debian }) {
  const folder = await fetchDebian(debian, systemPackages);
  if (arch === 'arm64') {
    mkdirSync(join(folder, 'proc'), { recursive: true });
    writeFileSync(join(folder, 'proc/cpuinfo'), processors.map((text) => `${text}\n`).join('\n'));
  }
  return folder;
}

/**
 * A script that stands for the program `node` in every place: an emulated process can start it, while the kernel could
 * not start the program itself. What such a process starts as `process.execPath` is this script, too.
 */
export function emulatedNode(node, command, name) {
  if (command.length === 0) return node;
  const folder = join(root, '.cache/emulated', name);
  mkdirSync(folder, { recursive: true });
  const script = join(folder, 'node');
  const quoted = [...command, node].map((word) => `'${word}'`).join(' ');
  const hook = join(root, 'scripts/lib/emulated-exec-path.mjs');
  writeFileSync(
    script,
    `#!/bin/sh
export KUBESENTIMENT_EXEC_PATH='${script}'
export NODE_OPTIONS="--import=${hook} $NODE_OPTIONS"
exec ${quoted} "$@"
`,
  );
  chmodSync(script, 0o755);
  return script;
}
