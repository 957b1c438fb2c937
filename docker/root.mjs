/**
 * `node docker/root.mjs TARGET APPLICATION` in the build stage: the root of the image, without the application. It has
 * Node, the libraries that Node and APPLICATION are linked with, certificates, and a record of the Debian packages that
 * these are from, for scanners. It has no shell, no package manager, nothing else for whoever breaks in.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { settle } from './settle.mjs';

const [target, application] = process.argv.slice(2).map((path) => resolve(path));
const node = '/usr/local/bin/node';
const certificates = '/etc/ssl/certs/ca-certificates.crt';
/** As base-files has it: folders of the root that are links to those of /usr. */
const merged = ['lib', 'lib64'];
/** Its libraries are found by their names, not by our search for programs. */
const alwaysThere = ['base-files', 'ca-certificates'];

const compiled = compiledFiles(application);
const ours = new Set(compiled.map((path) => basename(path)));
const libraries = new Set([process.execPath, ...compiled].flatMap(linkedWith));
copy(process.execPath, node);
for (const path of libraries) copy(path, join(realpathSync(dirname(path)), basename(path)));
for (const name of merged.filter((folder) => existsSync(join(target, 'usr', folder))))
  symlinkSync(`usr/${name}`, join(target, name));
copy(certificates, certificates);
// Where OpenSSL of Debian looks without being told.
mkdirSync(join(target, 'usr/lib/ssl'), { recursive: true });
symlinkSync(certificates, join(target, 'usr/lib/ssl/cert.pem'));
for (const path of ['/etc/debian_version', '/etc/os-release']) copy(path, path);
write('etc/passwd', 'root:x:0:0:root:/root:/sbin/nologin\nkubesentiment:x:10001:10001::/tmp:/sbin/nologin\n');
write('etc/group', 'root:x:0:\nkubesentiment:x:10001:\n');
write('etc/nsswitch.conf', 'hosts: files dns\n');
const packages = [...new Set([...alwaysThere, ...[...libraries].map(packageOf)])].sort();
for (const name of packages) record(name);
// What runs in the image writes to the last one; on the others something is mounted.
for (const name of ['dev', 'proc', 'sys', 'tmp']) mkdirSync(join(target, name));
settle(target);
chmodSync(join(target, 'tmp'), 0o1777);
console.log(packages.join(' '));

function compiledFiles(folder) {
  return readdirSync(folder, { recursive: true })
    .filter((path) => /\.(node|so(\.\d+)*)$/.test(path))
    .map((path) => join(folder, path));
}

/** Paths of the system's libraries. Those of the application find each other once they are loaded. */
function linkedWith(program) {
  const { stdout } = spawnSync('ldd', [program], { encoding: 'utf8' });
  const notFound = [...stdout.matchAll(/^\s*(\S+) => not found/gm)].map(([, name]) => name);
  const missing = notFound.find((name) => !ours.has(name));
  if (missing !== undefined) throw new Error(`${program} needs ${missing}, which is not here`);
  return [...stdout.matchAll(/(?:=> |^\s*)(\/\S+) \(0x/gm)]
    .map(([, path]) => path)
    .filter((path) => !path.startsWith(`${application}/`));
}

/** The Debian package of a library. It may be known by its path before /lib became a link to /usr/lib. */
function packageOf(path) {
  const real = realpathSync(path);
  for (const candidate of [real, real.replace(/^\/usr/, ''), path]) {
    const { status, stdout } = spawnSync('dpkg-query', ['--search', candidate], { encoding: 'utf8' });
    if (status === 0) return stdout.split(/[:,]/)[0];
  }
  throw new Error(`no package has ${path}`);
}

/** Its entry in dpkg's database where scanners look for it in an image without dpkg, and its licence. */
function record(name) {
  const entry = execFileSync('dpkg-query', ['--status', name], { encoding: 'utf8' });
  write(`var/lib/dpkg/status.d/${name}`, entry);
  const licence = `/usr/share/doc/${name}/copyright`;
  if (existsSync(licence)) copy(realpathSync(licence), licence);
}

function copy(from, to) {
  mkdirSync(dirname(join(target, to)), { recursive: true });
  cpSync(from, join(target, to), { dereference: true });
}

function write(path, content) {
  mkdirSync(dirname(join(target, path)), { recursive: true });
  writeFileSync(join(target, path), content);
}
