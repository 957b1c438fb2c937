/** How the package is installed, and what is done afterwards: rows of `npm run check:package`. */
import { cpSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fetchProgram } from './fetch-node.mjs';
import { expect } from './package-checks.mjs';
import { Project } from './package-project.mjs';
import { firstLine, root } from './run.mjs';

const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const codecs = ['gzip', 'snappy', 'lz4', 'zstd'];
/** Whether the set-up finds OpenSSL is up to the machine; a release has it. */
const ofRelease = ['ssl', 'sasl_scram', 'sasl_oauthbearer'];
const another = 'picocolors@1.1.1';
/** npm's own package: it compiles node-rdkafka, unpatched, if scripts run. */
const foreign = 'node-rdkafka@3.6.1';

/** In this order, in one project: each begins with what the one before has left. */
const npmRows = (tarball) => [
  ['npm install --ignore-scripts', (project) => project.npm('install', '--ignore-scripts', tarball)],
  ['npm install of another package', (project) => project.npm('install', another)],
  ['npm ci', (project) => project.npm('ci')],
  ['npm ci --ignore-scripts', (project) => project.npm('ci', '--ignore-scripts')],
  ['npm rebuild', (project) => project.npm('rebuild')],
  ['npm rebuild --ignore-scripts', (project) => project.npm('rebuild', '--ignore-scripts')],
  ['npm install of another node-rdkafka', (project) => project.npm('install', '--ignore-scripts', foreign)],
  [
    'npm install, with scripts',
    (project) => {
      project.empty();
      project.npm('install', tarball);
    },
  ],
];

/** Each in a project of its own: the program, how it adds the package, and what it is told in the environment. */
const otherRows = (tarball, cache) => [
  {
    name: 'pnpm',
    program: ['pnpm', '10.34.9', 'bin/pnpm.cjs'],
    add: ['add', '--store-dir', join(cache, 'pnpm'), tarball],
  },
  {
    name: 'yarn 1',
    program: ['yarn', '1.22.22', 'bin/yarn.js'],
    // fastify's test helper names a package for Node 22 or later. Only this manager makes that an error.
    add: ['add', '--non-interactive', '--ignore-engines', `file:${tarball}`],
    env: { YARN_CACHE_FOLDER: join(cache, 'yarn-1') },
  },
  {
    name: 'yarn 4',
    program: ['@yarnpkg/cli-dist', '4.18.1', 'bin/yarn.js'],
    add: ['add', `kubesentiment@file:${tarball}`],
    env: {
      YARN_NODE_LINKER: 'node-modules',
      YARN_NPM_REGISTRY_SERVER: firstLine('npm', ['config', 'get', 'registry'])?.replace(/\/$/, ''),
      YARN_ENABLE_IMMUTABLE_INSTALLS: 'false',
      YARN_ENABLE_TELEMETRY: 'false',
      YARN_GLOBAL_FOLDER: join(cache, 'yarn-4'),
    },
  },
];

/** Resolves with the project in which npm has installed the package. */
export async function checkManagers(checks, { tarball, project, cache }) {
  const here = process.execPath;
  const withNpm = new Project(project('npm'), here);
  const install = () => {
    if (!existsSync(withNpm.path('kubesentiment/package.json')))
      withNpm.npm('install', '--ignore-scripts', tarball);
  };
  for (const [index, [name, act]] of npmRows(tarball).entries()) {
    await checks.check(name, () => {
      if (index > 0) install(); // if what should have done it was left out, or failed
      act(withNpm);
      works(withNpm);
    });
  }
  for (const { name, program, add, env } of otherRows(tarball, cache)) {
    await checks.check(`${name} add`, async () => {
      const other = new Project(project(name.replace(' ', '-')), here);
      other.manager([await fetchProgram(...program), ...add], env);
      works(other);
    });
  }
  install();
  return withNpm;
}

/** The version, a prediction, and messages through Kafka's protocol: produced, consumed, answered, each once. */
export function works(project) {
  const said = project.command('--version').trim();
  expect(said === version, `--version says ${said}`);
  const predicted = project.command('predict', 'What a lovely day');
  expect(/POSITIVE/.test(predicted), predicted);
  usesOurClient(project);
  const demo = project.command('demo', '--messages', '200', '--set', 'http.port=0');
  expect(/\(100\.00 ?%\)|100\.00%/.test(demo), demo);
}

/** What is loaded comes from the package and has our patches. */
export function usesOurClient(project) {
  cpSync(join(root, 'scripts/package/probe.mjs'), join(project.folder, 'probe.mjs'));
  const text = project.node('probe.mjs').trim();
  const { folder, kind, patched, features, loaded } = JSON.parse(text);
  const ours = loaded.length > 1 && loaded.every((path) => path.startsWith(`${folder}/prebuilds/`));
  const isRelease = loaded.some((path) => path.includes('/libkubesentiment-rdkafka-'));
  const wanted = isRelease ? [...codecs, ...ofRelease] : codecs;
  const complete = wanted.every((feature) => features.includes(feature));
  expect(kind === 'prebuilt' && patched && ours && complete, text);
}
