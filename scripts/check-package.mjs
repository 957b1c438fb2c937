/**
 * Packs the package as a release does and does with it what users do, with nothing but Node on the PATH: no compiler,
 * no Python. After each step Kafka's client must be ours, with our patches. The tarball carries bindings for the Node
 * that runs this, or for those named: `npm run check:package -- 20 22`. The last line is `N passed, N failed,
 * N skipped`.
 */
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { buildRdkafka } from './build-rdkafka.mjs';
import { fetchNode } from './lib/fetch-node.mjs';
import { firstLine, npmCommand, root } from './lib/run.mjs';
import { packPackage } from './pack.mjs';
import { exitOnStepError } from './setup.mjs';

const named = process.argv.slice(2);
const versions = named.length > 0 ? named : [String(process.versions.node.split('.')[0])];
const folder = mkdtempSync(join(tmpdir(), 'kubesentiment-package-'));
const app = join(folder, 'app');
const bin = join(folder, 'bin');
const counts = { passed: 0, failed: 0 };

/** Which client of Kafka would be used, and that it works. */
const client = `
import { isPatched, librdkafkaFeatures, rdkafkaPlace } from './node_modules/kubesentiment/dist/src/kafka/version.js';
console.log(JSON.stringify([rdkafkaPlace().kind, isPatched(), ...librdkafkaFeatures()]));
`;
const withoutKafka = `
import { StreamProcessor } from 'kubesentiment/predict';
const processor = await StreamProcessor.create({ threads: 1 });
console.log((await processor.predict(['What a lovely day']))[0].label);
await processor.close();
`;
const command = 'node_modules/kubesentiment/bin/kubesentiment.cjs';

/** What users do, in this order, and what must hold afterwards. */
const steps = (tarball) => [
  ['installed without scripts', () => npm('install', '--ignore-scripts', tarball), usesOurClient],
  ['kubesentiment --version', () => node(command, '--version'), (output) => /^\d+\.\d+\.\d+/.test(output)],
  ['kubesentiment predict', () => node(command, 'predict', 'good'), (output) => /POSITIVE/.test(output)],
  [
    'kubesentiment demo',
    () => node(command, 'demo', '--messages', '2000'),
    (output) => /100\.00%/.test(output),
  ],
  ['another package installed afterwards', () => npm('install', 'picocolors@1.1.1'), usesOurClient],
  ['npm ci', () => npm('ci'), usesOurClient],
  ['npm ci without scripts', () => npm('ci', '--ignore-scripts'), usesOurClient],
  ['npm rebuild', () => npm('rebuild'), usesOurClient],
  ['npm rebuild without scripts', () => npm('rebuild', '--ignore-scripts'), usesOurClient],
  ['installed with scripts', () => reinstall(tarball), usesOurClient],
  [
    'without a binding, predictions',
    () => withoutBinding('predict.mjs'),
    (output) => /POSITIVE/.test(output),
  ],
  [
    'without a binding, Kafka',
    () => withoutBinding('client.mjs'),
    (output) => /KS_CLIENT_MISSING/.test(output),
  ],
];

try {
  await exitOnStepError(async () => {
    if (!existsSync(join(root, `prebuilds/${process.platform}-${process.arch}/kubesentiment.node`))) {
      run(process.execPath, [join(root, 'scripts/build-prebuilds.mjs')], { cwd: root, stdio: 'inherit' });
    }
    await buildRdkafka(versions);
  });
  const { path, files, size, unpackedSize } = await exitOnStepError(() => packPackage(folder));
  const [packed, unpacked] = [size, unpackedSize].map((bytes) => (bytes / 1e6).toFixed(1));
  console.log(`${files.length} files, ${packed} MB, unpacked ${unpacked} MB`);
  for (const [index, version] of versions.entries()) {
    await useNode(version);
    for (const [name, act, holds] of index === 0 ? steps(path) : [['client', () => '', usesOurClient]]) {
      check(`Node ${version}, ${name}`, act, holds);
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(`${counts.passed} passed, ${counts.failed} failed, 0 skipped`);
process.exitCode = counts.failed > 0 ? 1 : 0;

/** An empty project, and a PATH with this Node and a shell, which npm starts scripts with, and nothing else. */
async function useNode(version) {
  const path = await exitOnStepError(() => fetchNode(version, join(root, '.cache/node', version)));
  rmSync(bin, { recursive: true, force: true });
  for (const place of [app, bin]) mkdirSync(place, { recursive: true });
  symlinkSync(path, join(bin, 'node'));
  symlinkSync('/bin/sh', join(bin, 'sh'));
  writeFileSync(join(app, 'package.json'), '{ "private": true }\n');
  writeFileSync(join(app, 'client.mjs'), client);
  writeFileSync(join(app, 'predict.mjs'), withoutKafka);
}

function check(name, act, holds) {
  const startedAt = performance.now();
  let output;
  let holdsNow = false;
  try {
    output = act();
    holdsNow = holds(output);
  } catch (error) {
    output = `${error.stdout ?? ''}${error.stderr ?? ''}${error.message}`;
  }
  counts[holdsNow ? 'passed' : 'failed']++;
  console.log(`${holdsNow ? '✓' : '✗'} ${name} (${((performance.now() - startedAt) / 1000).toFixed(1)} s)`);
  if (!holdsNow) console.log(output);
}

function usesOurClient() {
  const [kind, patched, ...features] = JSON.parse(node('client.mjs'));
  const needed = ['ssl', 'sasl_scram', 'sasl_oauthbearer', 'gzip', 'snappy', 'lz4', 'zstd'];
  return kind === 'prebuilt' && patched && needed.every((feature) => features.includes(feature));
}

function reinstall(tarball) {
  rmSync(join(app, 'node_modules'), { recursive: true });
  rmSync(join(app, 'package-lock.json'));
  return npm('install', tarball);
}

/** What a program says, also when it fails, while the package has no bindings of librdkafka. */
function withoutBinding(program) {
  const place = join(
    app,
    'node_modules/kubesentiment/prebuilds',
    `${process.platform}-${process.arch}`,
    'rdkafka',
  );
  const aside = join(folder, 'rdkafka');
  cpSync(place, aside, { recursive: true });
  rmSync(place, { recursive: true });
  try {
    return node(program);
  } catch (error) {
    return String(error.stderr);
  } finally {
    cpSync(aside, place, { recursive: true });
  }
}

function node(...args) {
  return run(join(bin, 'node'), args, { cwd: app, env: { PATH: bin } });
}

/** npm, started by this Node, with a cache that all steps share and without a compiler on the PATH. */
function npm(...args) {
  const [program, ...first] = npmCommand();
  const script = first.length > 0 ? first : [realpathSync(firstLine('sh', ['-c', 'command -v npm']))];
  const quiet = ['--loglevel=error', '--no-audit', '--no-fund', '--prefer-offline'];
  return run(program === 'npm' ? process.execPath : program, [...script, ...args, ...quiet], {
    cwd: app,
    env: { ...process.env, PATH: bin, NODE_OPTIONS: '', npm_config_prefix: dirname(bin) },
  });
}

function run(program, args, options) {
  return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], ...options });
}
