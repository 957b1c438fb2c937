/** Two copies of the sources in different surroundings, and what differs in what was made in them. */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { root } from './run.mjs';

/** What a build must not depend on: the folder, the date of the files, permissions, time zone and language. */
export const surroundings = [
  { name: 'one', umask: '022', date: '2020-02-02', env: { TZ: 'UTC', LC_ALL: 'C.UTF-8' } },
  {
    ...{ name: 'another/deeper/folder', umask: '027', date: '2026-06-01' },
    env: { TZ: 'Asia/Kathmandu', LC_ALL: 'C', USER: 'nobody', HOME: '/tmp' },
  },
];
/** What the set-up has made, too large to be made again. */
const prepared = ['node_modules', 'build', '.cache'];

/** A copy of every file that git does not ignore, and of the bindings. */
export function copySources(folder, { name, umask, date, env }) {
  const home = join(folder, name);
  const list = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  const mask = Number.parseInt(umask, 8);
  for (const path of list.split('\0').filter((one) => one !== '' && existsSync(join(root, one)))) {
    const copy = join(home, path);
    mkdirSync(dirname(copy), { recursive: true });
    cpSync(join(root, path), copy, { verbatimSymlinks: true });
    const stats = lstatSync(copy);
    if (!stats.isSymbolicLink()) chmodSync(copy, (stats.mode & 0o100 ? 0o777 : 0o666) & ~mask);
    lutimesSync(copy, new Date(date), new Date(date));
  }
  if (existsSync(join(root, 'prebuilds')))
    cpSync(join(root, 'prebuilds'), join(home, 'prebuilds'), { recursive: true });
  for (const path of prepared)
    if (existsSync(join(root, path))) symlinkSync(join(root, path), join(home, path));
  return { home, umask, env };
}

/** Runs a script of the copy with Node. Throws with what it said if it fails. */
export function runIn({ home, umask, env }, script) {
  const command = ['-c', `umask ${umask} && exec "$0" "$@"`, process.execPath, ...script];
  const { status, stdout, stderr } = spawnSync('sh', command, {
    cwd: home,
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '', ...env },
    maxBuffer: 2 ** 26,
  });
  if (status !== 0) throw new Error(`${script.join(' ')}: exit code ${status}\n${stdout}${stderr}`);
}

/**
 * The paths of what differs between two folders, or between two tarballs. `exactly`: also permissions and times, for
 * what goes out as it is.
 */
export function differences(first, second, { exactly }) {
  if (first.endsWith('.tgz')) return tarballDifferences(first, second);
  const [a, b] = [first, second].map((folder) => contentOf(folder, exactly));
  const paths = [...new Set([...a.keys(), ...b.keys()])].sort();
  return paths.filter((path) => a.get(path) !== b.get(path));
}

function tarballDifferences(first, second) {
  if (readFileSync(first).equals(readFileSync(second))) return [];
  const unpacked = [first, second].map((path) => {
    const folder = mkdtempSync(`${path}-`);
    execFileSync('tar', ['-xzpf', path, '-C', folder]);
    return folder;
  });
  const found = differences(...unpacked, { exactly: true });
  for (const folder of unpacked) rmSync(folder, { recursive: true });
  return found.length > 0 ? found : ['the order, the times or the owners in the tarball'];
}

/** Path → content of each file. */
function contentOf(folder, exactly) {
  const content = new Map();
  for (const path of readdirSync(folder, { recursive: true })) {
    const place = join(folder, path);
    const stats = lstatSync(place);
    let data = '';
    if (stats.isSymbolicLink()) data = readlinkSync(place);
    else if (stats.isFile()) data = readFileSync(place);
    const hash = createHash('sha256').update(data).digest('hex');
    content.set(path, exactly ? `${stats.mode.toString(8)} ${stats.mtimeMs} ${hash}` : hash);
  }
  return content;
}
