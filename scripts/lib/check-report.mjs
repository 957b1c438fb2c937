/** The reports of `npm run check:cpus` and `npm run check:package`. */
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { newestGlibc } from './glibc.mjs';
import { root } from './run.mjs';

/** `facts`: what else it says. Rows of earlier reports stay, unless they were checked again. */
export async function writeReport(path, command, rows, facts) {
  const { machineInfo } = await import(join(root, 'dist/src/bench/results.js'));
  const before = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : { rows: [] };
  const again = new Set(rows.map(({ name }) => name));
  const report = {
    date: new Date().toISOString(),
    command,
    machine: machineInfo(),
    load: loadavg(),
    ...facts,
    rows: [...before.rows.filter(({ name }) => !again.has(name)), ...rows],
  };
  writeFileSync(path, `${JSON.stringify(report, undefined, 2)}\n`);
}

/** Platform → the parts in `prebuilds/`, with their sizes and the glibc that they need. */
export function prebuiltParts() {
  const folder = join(root, 'prebuilds');
  const platforms = existsSync(folder) ? readdirSync(folder).sort() : [];
  return Object.fromEntries(platforms.map((platform) => [platform, partsOf(join(folder, platform))]));
}

function partsOf(folder) {
  const files = readdirSync(folder, { recursive: true }).sort();
  const compiled = files.filter((path) => /\.(node|so(\.\d+)?)$/.test(path));
  const madeOf = join(folder, 'rdkafka/parts.json');
  return {
    ...(existsSync(madeOf) && { librdkafka: JSON.parse(readFileSync(madeOf, 'utf8')) }),
    files: compiled.map((path) => ({
      path,
      bytes: statSync(join(folder, path)).size,
      glibc: newestGlibc(join(folder, path)),
    })),
  };
}
