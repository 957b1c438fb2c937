import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fetchNode } from './fetch-node.mjs';
import { remedyFor } from './remedies.mjs';
import { firstLine, npmCommand, root, runStep } from './run.mjs';

const cache = join(root, '.cache/image');
const debian = 'trixie';
const nodeVersion = '24.21.0';
const caBundle = '/etc/ssl/certs/ca-certificates.crt';
const buildah = [
  'buildah',
  '--root',
  join(cache, 'storage'),
  '--runroot',
  join(cache, 'run'),
  '--storage-driver',
  'vfs',
];

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
 * Builds docker/Dockerfile without an engine and without a registry: the base images are made from Debian's
 * packages and the Node of the npm registry. Resolves with the folder that is the root of the image.
 */
export async function buildImage() {
  mkdirSync(cache, { recursive: true });
  if (!existsSync(join(cache, 'bases'))) await makeBases();
  const npmrc = join(cache, 'npmrc');
  writeFileSync(npmrc, 'cafile=/run/host-ca.pem\n');
  const build = ['bud', '--isolation', 'chroot', '--pull-never', '--layers', '-f', 'docker/Dockerfile'];
  const inputs = ['--secret', `id=npmrc,src=${npmrc}`, '--volume', `${caBundle}:/run/host-ca.pem:ro`];
  await step('image', [...buildah, ...build, ...inputs, '-t', 'localhost/kubesentiment:check', '.']);
  const container = firstLine(buildah[0], [
    ...buildah.slice(1),
    'from',
    '--pull-never',
    'localhost/kubesentiment:check',
  ]);
  return firstLine(buildah[0], [...buildah.slice(1), 'mount', container]);
}

/** What the two FROM lines name, as far as the image needs it. */
async function makeBases() {
  const plain = join(cache, debian);
  if (!existsSync(join(plain, 'usr/bin/env'))) {
    await step('Debian', ['debootstrap', '--variant=minbase', debian, plain, 'http://deb.debian.org/debian']);
  }
  await commit(plain, `docker.io/library/debian:${debian}-slim`);

  const withNode = join(cache, `${debian}-node`);
  const node = await fetchNode(nodeVersion, join(root, '.cache/node', nodeVersion));
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
  await commit(withNode, `docker.io/library/node:${nodeVersion}-${debian}-slim`);
  writeFileSync(join(cache, 'bases'), '');
}

async function commit(folder, name) {
  const container = firstLine(buildah[0], [...buildah.slice(1), 'from', 'scratch']);
  await step(name, [...buildah, 'add', '-q', container, folder, '/']);
  const path = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
  await step(name, [...buildah, 'config', '--env', path, container]);
  await step(name, [...buildah, 'commit', '-q', '--rm', container, name]);
}

function step(name, command) {
  return runStep(name, command, { remedy: remedyFor });
}
