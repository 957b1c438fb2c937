import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fetchNode } from './fetch-node.mjs';
import { remedyFor } from './remedies.mjs';
import { firstLine, npmCommand, root, runStep } from './run.mjs';

const cache = join(root, '.cache/image');
const debian = 'trixie';
const nodeVersion = '24.21.0';
const name = 'localhost/kubesentiment:check';
const nodeBase = `docker.io/library/node:${nodeVersion}-${debian}-slim`;
const caBundle = '/etc/ssl/certs/ca-certificates.crt';
let driver;

/** Why the image cannot be built on this machine; undefined if it can. */
export function whyNoImage() {
  if (process.platform !== 'linux') return 'it needs Linux';
  if (process.getuid() !== 0) return 'it needs root, for chroot';
  for (const tool of ['buildah', 'debootstrap']) {
    if (firstLine(tool, ['--version']) === undefined)
      return `${tool} is not installed (Debian package ${tool})`;
  }
  return undefined;
}

/**
 * Builds docker/Dockerfile without a container engine and without an image registry: the base images are made from
 * Debian's packages and the Node from the npm registry. Resolves with the root folder of the image, its settings, and
 * the tools.
 */
export async function buildImage() {
  mkdirSync(cache, { recursive: true });
  if (!succeeds(buildah('inspect', '--type', 'image', nodeBase))) await makeBases();
  const npmrc = join(cache, 'npmrc');
  writeFileSync(npmrc, 'cafile=/run/host-ca.pem\n');
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  // Docker's format: OCI's has no place for the health check.
  const build = ['bud', '--format', 'docker', '--isolation', 'chroot', '--pull-never', '--layers'];
  const inputs = [
    ...['--secret', `id=npmrc,src=${npmrc}`, '--volume', `${caBundle}:/run/host-ca.pem:ro`],
    ...['--build-arg', `NODE_IMAGE=${nodeBase}`],
  ];
  const what = ['--build-arg', `VERSION=${version}`, '-f', 'docker/Dockerfile', '-t', name, '.'];
  await step('image', buildah(...build, ...inputs, ...what));
  const { Docker: settings } = JSON.parse(tell('inspect', '--type', 'image', name));
  await step('containers of earlier runs', buildah('rm', '--all'));
  const folder = tell('mount', tell('from', '--pull-never', name));
  const tools = { buildah: tell('--version').split(' ')[2] };
  return { folder, config: settings.config, tools };
}

/** Call at the end: mounts keep their folders from being removed. */
export async function releaseImage() {
  await step('release', buildah('rm', '--all'));
}

/** The size it would have in a registry, in MB. */
export async function compressedSize() {
  const target = join(cache, 'pushed');
  rmSync(target, { recursive: true, force: true });
  await step('compressed image', buildah('push', '-q', name, `dir:${target}`));
  const { layers } = JSON.parse(readFileSync(join(target, 'manifest.json'), 'utf8'));
  rmSync(target, { recursive: true });
  return Math.round(layers.reduce((sum, { size }) => sum + size, 0) / 1e6);
}

/** The base image of the build, as far as it needs it. */
async function makeBases() {
  const plain = join(cache, debian);
  if (!existsSync(join(plain, 'etc/dpkg/dpkg.cfg.d/slim'))) {
    rmSync(plain, { recursive: true, force: true });
    await step('Debian', ['debootstrap', '--variant=minbase', debian, plain, 'http://deb.debian.org/debian']);
    makeSlim(plain);
  }

  const withNode = join(cache, `${debian}-node`);
  const node = await fetchNode(nodeVersion);
  rmSync(withNode, { recursive: true, force: true });
  await step('Node', ['cp', '-a', plain, withNode]);
  await step('Node', [
    'cp',
    '-a',
    join(node, '../../bin'),
    join(node, '../../include'),
    join(withNode, 'usr/local/'),
  ]);
  await step('npm', [
    ...npmCommand(),
    'install',
    '--global',
    '--prefix',
    join(withNode, 'usr/local'),
    'npm@11',
  ]);
  await commit(withNode, nodeBase);
}

/** Like the slim images: without documentation, now and in later installations, and without downloaded packages. */
function makeSlim(folder) {
  const unread = ['doc', 'groff', 'info', 'linda', 'lintian', 'locale', 'man'];
  const exclude = unread.map((name) => `path-exclude /usr/share/${name}/*\n`).join('');
  writeFileSync(
    join(folder, 'etc/dpkg/dpkg.cfg.d/slim'),
    `${exclude}path-include /usr/share/doc/*/copyright\n`,
  );
  for (const name of unread) rmSync(join(folder, 'usr/share', name), { recursive: true, force: true });
  for (const path of ['cache/apt', 'lib/apt/lists', 'log']) {
    for (const name of readdirSync(join(folder, 'var', path))) {
      rmSync(join(folder, 'var', path, name), { recursive: true });
    }
  }
}

async function commit(folder, base) {
  const container = tell('from', 'scratch');
  await step(base, buildah('add', '-q', container, folder, '/'));
  const path = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
  await step(base, buildah('config', '--env', path, container));
  await step(base, buildah('commit', '-q', '--rm', container, base));
}

/**
 * A buildah command with its own storage. The driver vfs works everywhere, but copies the whole image for every line
 * of the Dockerfile; overlay needs a file system that supports it.
 */
function buildah(...args) {
  const withDriver = (name) => {
    const storage = ['--root', join(cache, name), '--runroot', join(cache, `${name}-run`)];
    return ['buildah', ...storage, '--storage-driver', name];
  };
  driver ??= succeeds([...withDriver('overlay'), 'info']) ? 'overlay' : 'vfs';
  return [...withDriver(driver), ...args];
}

function succeeds([command, ...args]) {
  return firstLine(command, args) !== undefined;
}

/** The output of a buildah command. */
function tell(...args) {
  const [command, ...rest] = buildah(...args);
  return execFileSync(command, rest, { encoding: 'utf8' }).trim();
}

function step(name, command) {
  return runStep(name, command, { remedy: remedyFor });
}
