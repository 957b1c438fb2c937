/**
 * `node docker/assemble.mjs TARGET` in the build stage: copies what runs, and of each package only that. Of
 * node-rdkafka and onnxruntime-node nine tenths are sources, objects and the libraries of other platforms.
 */
import { cpSync, existsSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { settle } from './settle.mjs';

const root = resolve(import.meta.dirname, '..');
const target = resolve(process.argv[2] ?? '');
const features = (await import(join(root, 'node_modules/node-rdkafka/lib/index.js'))).default.features;

for (const wanted of ['zstd', 'ssl', 'sasl_scram', 'sasl_oauthbearer']) {
  if (!features.includes(wanted)) throw new Error(`librdkafka was built without ${wanted}: ${features}`);
}
/** The folder of a package, from its own root. */
const rdkafkaFiles = [
  'package.json',
  'LICENSE.txt',
  'librdkafka.js',
  'lib',
  'build/Release/node-librdkafka.node',
  'build/Release/kubesentiment-patched',
  'build/deps/librdkafka.so.1',
  'build/deps/librdkafka++.so.1',
];
const { name } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const ownFiles = [
  'package.json',
  'LICENSE',
  'bin',
  'configs',
  'models',
  'dist/src',
  'src/http/page',
  'docker/healthcheck.mjs',
  // For the chart's `helm test`.
  'docker/service-test.mjs',
  // For docker-compose.kafka.yml.
  'docker/gateway.mjs',
];
/** A folder of a package that nothing loads. */
const unused = /^node_modules\/(.+\/node_modules\/)?(@[^/]+\/)?[^/]+\/(tests?|benchmarks?|examples?|docs?)$/;
/** npm itself must not take them out: it would unpack node-rdkafka again, without what was compiled. */
const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
const isForDevelopment = (path) => packages[path]?.dev === true;

for (const path of [...ownFiles, 'build/Release/kubesentiment.node', 'node_modules']) {
  if (!existsSync(join(root, path))) throw new Error(`${name} has no ${path}: was it built?`);
  cpSync(join(root, path), join(target, path), { recursive: true, dereference: true, filter: isNeeded });
}
settle(target);

function isNeeded(source) {
  const path = relative(root, source);
  const isText = /\.(md|markdown)$/.test(path) && !/licen[cs]e|notice|copying/i.test(path);
  if (isText || /\.([cm]?ts|map)$/.test(path) || path.startsWith('node_modules/.')) return false;
  const [, , ...rest] = path.split('/');
  if (isForDevelopment(path) || unused.test(path)) return false;
  if (path.startsWith('node_modules/node-rdkafka/')) return isPartOf(rest, rdkafkaFiles);
  if (path.startsWith('node_modules/onnxruntime-node/bin/')) {
    return isPartOf(rest, [`bin/${rest[1]}/${process.platform}/${process.arch}`]);
  }
  // Headers for compilers.
  return !/^node_modules\/(nan|node-addon-api)(\/|$)/.test(path);
}

/** Whether the path is one of `wanted`, inside one, or a folder on the way there. */
function isPartOf(parts, wanted) {
  const path = parts.join('/');
  return wanted.some((one) => one === path || one.startsWith(`${path}/`) || path.startsWith(`${one}/`));
}
