/** The report of `npm run check:cpus`. */
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { emulator } from './emulator.mjs';
import { newestGlibc } from './glibc.mjs';
import { firstLine, root } from './run.mjs';
import { targetOf } from './target.mjs';

/** Rows of earlier reports stay, unless they were checked again. */
export async function writeCpuReport(path, rows) {
  const { machineInfo } = await import(join(root, 'dist/src/bench/results.js'));
  const before = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')).rows : [];
  const again = new Set(rows.map(({ name }) => name));
  const [qemu] = await emulator(targetOf(), 'max');
  const report = {
    date: new Date().toISOString(),
    command: 'npm run check:cpus',
    machine: machineInfo(),
    qemu: firstLine(qemu, ['--version']),
    prebuilds: prebuilds(),
    rows: [...before.filter(({ name }) => !again.has(name)), ...rows],
  };
  writeFileSync(path, `${JSON.stringify(report, undefined, 2)}\n`);
}

/** Platform → each compiled part, with its size and the glibc that it needs. */
function prebuilds() {
  const folder = join(root, 'prebuilds');
  const platforms = existsSync(folder) ? readdirSync(folder).sort() : [];
  return Object.fromEntries(platforms.map((platform) => [platform, partsOf(join(folder, platform))]));
}

function partsOf(folder) {
  const files = readdirSync(folder, { recursive: true }).sort();
  const compiled = files.filter((path) => /\.(node|so(\.\d+)?)$/.test(path));
  const partsPath = join(folder, 'rdkafka/parts.json');
  return {
    ...(existsSync(partsPath) && { parts: JSON.parse(readFileSync(partsPath, 'utf8')) }),
    files: compiled.map((path) => ({
      path,
      bytes: statSync(join(folder, path)).size,
      glibc: newestGlibc(join(folder, path)),
    })),
  };
}
