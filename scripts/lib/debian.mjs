/** Debian packages of any architecture, unpacked into a folder: nothing is installed, and no setting changes. */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { remedyFor } from './remedies.mjs';
import { firstLine, root, runStep, StepError } from './run.mjs';

/**
 * The folder below which the files of the packages are, in the version of the Debian that this machine runs. They are
 * downloaded once. Rejects with a `StepError`.
 *
 * @param {string} debian Debian's name of the architecture
 * @param {string[]} packages
 */
export async function fetchDebian(debian, packages) {
  const folder = join(root, '.cache/debian', debian);
  const missing = packages.filter((name) => !existsSync(join(folder, 'fetched', name)));
  if (missing.length === 0) return folder;
  if (firstLine('apt-get', ['--version']) === undefined) {
    throw new StepError(
      'packages of Debian',
      `${missing.join(', ')} for ${debian}: there is no apt-get`,
      'run this on Debian',
    );
  }
  const state = join(folder, 'apt');
  for (const name of ['lists/partial', 'cache/archives/partial', 'new'])
    mkdirSync(join(state, name), { recursive: true });
  mkdirSync(join(folder, 'fetched'), { recursive: true });
  writeFileSync(join(state, 'status'), '');
  const options = Object.entries({
    'APT::Architecture': debian,
    'APT::Architectures': debian,
    'APT::Sandbox::User': '""',
    'Dir::State': state,
    'Dir::State::status': join(state, 'status'),
    'Dir::Cache': join(state, 'cache'),
  }).map(([name, value]) => `-o ${name}=${value}`);
  const commands = `
    rm -rf new && mkdir new && cd new
    apt-get ${options.join(' ')} -qq update
    apt-get ${options.join(' ')} -qq download ${missing.join(' ')}
    for archive in *.deb; do dpkg-deb -x "$archive" "${folder}"; done`;
  await runStep(`packages of Debian for ${debian}`, ['sh', '-ec', commands], {
    cwd: state,
    remedy: remedyFor,
  });
  if (readdirSync(join(state, 'new')).length < missing.length)
    throw new StepError('packages of Debian', `not all of ${missing.join(', ')} came`, 'try again');
  for (const name of missing) writeFileSync(join(folder, 'fetched', name), '');
  return folder;
}
