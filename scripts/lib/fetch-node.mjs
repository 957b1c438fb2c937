import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { remedyFor } from './remedies.mjs';
import { npmCommand, runStep } from './run.mjs';

/**
 * Path of the `node` binary of that version, fetched into `folder` if needed. The npm packages
 * `node-<platform>-<arch>` contain Node's binary and headers. Rejects with a `StepError`.
 */
export async function fetchNode(version, folder) {
  const name = `node-${process.platform}-${process.arch}`;
  const home = join(folder, 'node_modules', name);
  if (!existsSync(join(home, 'bin/node'))) {
    mkdirSync(folder, { recursive: true });
    const install = ['install', '--prefix', folder, '--no-save', '--no-package-lock', `${name}@${version}`];
    await runStep(`Node ${version}`, [...npmCommand(), ...install], { remedy: remedyFor });
  }
  return join(home, 'bin/node');
}
