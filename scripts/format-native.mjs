/** Formats the C++ files with the clang-format in node_modules; `--check` only lists those it would change. */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './lib/run.mjs';

const check = process.argv.includes('--check');
const isGenerated = (name) => name.endsWith('_tables.cc');
const files = ['native', 'test/native', 'test/fuzz', 'benchmarking/native'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true })
    .filter((name) => /\.(cc|h)$/.test(name) && !isGenerated(name))
    .map((name) => join(folder, name)),
);
const program = join(root, 'node_modules/clang-format-node/build/cli.js');
const { status } = spawnSync(
  process.execPath,
  [program, ...(check ? ['--dry-run', '--Werror'] : ['-i']), ...files],
  { cwd: root, stdio: 'inherit' },
);
process.exit(status ?? 1);
