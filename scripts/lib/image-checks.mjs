import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expectedConfig, startInImage } from './image-run.mjs';
import { root } from './run.mjs';

const tries = `
const { writeFileSync } = require('node:fs');
const write = (path) => {
  try {
    writeFileSync(path, '');
    return 'written';
  } catch (error) {
    return error.code;
  }
};
const paths = ['/here', '/app/here', '/etc/here', '/usr/here', '/tmp/here'];
console.log(JSON.stringify({ user: [process.getuid(), process.getgid()], written: paths.map(write) }));
`;

/** Checks that the process is not root, and can write to /tmp and nowhere else. */
export async function checkReadOnly(image) {
  const process = startInImage(image, ['node', '-e', tries]);
  await process.exited;
  assert.deepEqual(JSON.parse(process.output()), {
    user: [10001, 10001],
    written: ['EROFS', 'EROFS', 'EROFS', 'EROFS', 'written'],
  });
}

/** Checks that the libraries are for this platform, and that the image has no build tools and no build secrets. */
export function checkContents({ folder }) {
  const names = readdirSync(join(folder, 'app'), { recursive: true });
  const strangers = names.filter((name) => /(^|\/)(darwin|win32)(\/|$)|\.(ts|map|cc|o|a)$/.test(name));
  assert.deepEqual(strangers, []);
  const libraries = names.filter((name) => /libonnxruntime\.so/.test(name));
  assert.ok(libraries.length > 0);
  for (const name of libraries) assert.match(name, new RegExp(`/${process.platform}/${process.arch}/`));
  const programs = ['bin', 'sbin', 'usr/bin', 'usr/sbin', 'usr/local/bin', 'usr/local/sbin']
    .map((path) => join(folder, path))
    .flatMap((path) => (existsSync(path) ? readdirSync(path).map((name) => join(path, name)) : []));
  assert.deepEqual(
    programs,
    [join(folder, 'usr/local/bin/node')],
    'a program that the service does not need',
  );
  assert.throws(() => readFileSync(join(folder, 'usr/local/etc/npmrc')), { code: 'ENOENT' });
}

/** Checks that scanners find what the libraries are from, each with its licence. */
export function checkPackages({ folder }) {
  const names = readdirSync(join(folder, 'var/lib/dpkg/status.d'));
  for (const wanted of ['base-files', 'ca-certificates', 'libc6', 'libstdc++6'])
    assert.ok(names.includes(wanted));
  assert.ok(
    names.some((name) => /^libssl3/.test(name)),
    names.join(),
  );
  for (const name of names) {
    const entry = readFileSync(join(folder, 'var/lib/dpkg/status.d', name), 'utf8');
    assert.match(entry, new RegExp(`^Package: ${name.replaceAll('+', '\\+')}$`, 'm'));
    assert.match(entry, /^Version: \S+$/m);
    assert.ok(existsSync(join(folder, 'usr/share/doc', name, 'copyright')), name);
  }
}

/** Checks that the image's settings match docker/Dockerfile. */
export function checkConfig({ config }) {
  const { Env: variables, ...expected } = expectedConfig;
  for (const [key, value] of Object.entries(expected)) assert.deepEqual(config[key], value, key);
  for (const variable of variables) assert.ok(config.Env.includes(variable), variable);
  assert.equal(config.StopSignal, 'SIGTERM');
  assert.deepEqual(config.Healthcheck?.Test, ['CMD', 'node', 'docker/healthcheck.mjs', '/livez']);
  for (const label of ['title', 'description', 'licenses', 'version', 'revision', 'created']) {
    assert.ok(config.Labels[`org.opencontainers.image.${label}`], label);
  }
}

/** Sizes of the unpacked image and its parts, in MB. */
export function sizes({ folder }) {
  const parts = { unpacked: '.', node: 'usr/local', application: 'app', models: 'app/models' };
  return Object.fromEntries(
    Object.entries(parts).map(([name, path]) => [`${name}_mb`, megabytes(join(folder, path))]),
  );
}

function megabytes(path) {
  const [kib] = execFileSync('du', ['-sxk', path], { encoding: 'utf8' }).split('\t');
  return Math.round((Number(kib) * 1024) / 1e6);
}

/** Name of the package and version of Node in the image, for the report. */
export async function versionsIn(image) {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const node = startInImage(image, ['node', '--version']);
  await node.exited;
  const debian = readFileSync(join(image.folder, 'etc/debian_version'), 'utf8');
  return { kubesentiment: version, node: node.output().trim(), debian: debian.trim() };
}
