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

/**
 * Package manager → what is done in one project, one after the other: each row begins with what the one before has
 * left, unless it begins `afresh`. The first one also stands for all that were left out.
 */
const managers = (cache) => [
  {
    name: 'npm',
    rows: [
      { words: 'install --ignore-scripts TARBALL' },
      { words: `install ${another}` },
      { words: 'ci' },
      { words: 'ci --ignore-scripts' },
      { words: 'rebuild' },
      { words: 'rebuild --ignore-scripts' },
      { words: 'update' },
      { words: `install --ignore-scripts ${foreign}` },
      { words: 'install TARBALL', afresh: true },
    ],
  },
  {
    name: 'pnpm',
    program: ['pnpm', '10.34.9', 'bin/pnpm.cjs'],
    options: ['--store-dir', join(cache, 'pnpm')],
    rows: [
      { words: 'add --ignore-scripts TARBALL' },
      { words: `add ${another}` },
      { words: 'install --frozen-lockfile' },
      { words: 'rebuild' },
      { words: 'add --config.dangerouslyAllowAllBuilds=true TARBALL', afresh: true },
    ],
  },
  {
    name: 'yarn 1',
    program: ['yarn', '1.22.22', 'bin/yarn.js'],
    // fastify's test helper names a package for Node 22 or later. Only this manager makes that an error.
    options: ['--non-interactive', '--ignore-engines'],
    env: { YARN_CACHE_FOLDER: join(cache, 'yarn-1') },
    rows: [
      { words: 'add --ignore-scripts file:TARBALL' },
      { words: `add ${another}` },
      { words: 'install --frozen-lockfile' },
      { words: 'install --force' },
      { words: 'add file:TARBALL', afresh: true },
    ],
  },
  {
    name: 'yarn 4',
    program: ['@yarnpkg/cli-dist', '4.18.1', 'bin/yarn.js'],
    env: {
      YARN_NODE_LINKER: 'node-modules',
      YARN_NPM_REGISTRY_SERVER: firstLine('npm', ['config', 'get', 'registry'])?.replace(/\/$/, ''),
      YARN_ENABLE_IMMUTABLE_INSTALLS: 'false',
      YARN_ENABLE_TELEMETRY: 'false',
      YARN_GLOBAL_FOLDER: join(cache, 'yarn-4'),
    },
    needsManifest: true,
    rows: [
      { words: 'add kubesentiment@file:TARBALL', env: { YARN_ENABLE_SCRIPTS: 'false' } },
      { words: `add ${another}` },
      { words: 'install --immutable' },
      { words: 'rebuild' },
      { words: 'add kubesentiment@file:TARBALL', env: { YARN_ENABLE_SCRIPTS: 'true' }, afresh: true },
    ],
  },
];

/** Resolves with the project in which npm has installed the package. */
export async function checkManagers(checks, { tarball, project, cache }) {
  let withNpm;
  for (const manager of managers(cache)) {
    const own = new Project(project(manager.name.replace(' ', '-')), process.execPath);
    const act = actsOf(manager, own, tarball);
    await checkRows(checks, manager, own, act);
    if (manager.name === 'npm') {
      if (!isInstalled(own)) await act(manager.rows[0]);
      withNpm = own;
    }
  }
  return withNpm;
}

async function checkRows(checks, manager, project, act) {
  for (const [index, row] of manager.rows.entries()) {
    await checks.check(`${manager.name} ${row.words}${settingsOf(row)}`, async () => {
      if (row.afresh) project.empty();
      else if (index > 0 && !isInstalled(project)) await act(manager.rows[0]); // it was left out, or failed
      await act(row);
      works(project);
    });
  }
}

const isInstalled = (project) => existsSync(project.path('kubesentiment/package.json'));
const settingsOf = ({ env = {} }) =>
  Object.entries(env)
    .map(([name, value]) => `, ${name}=${value}`)
    .join('');

/** How the manager does what a row says. */
function actsOf({ name, program, options = [], env, needsManifest }, project, tarball) {
  return async (row) => {
    const words = row.words.replace('TARBALL', tarball).split(' ');
    if (name === 'npm') return project.npm(...words);
    if (needsManifest && !existsSync(join(project.folder, 'package.json')))
      project.write('package.json', '{ "private": true }\n');
    const [command, ...rest] = words;
    return project.manager([await fetchProgram(...program), command, ...options, ...rest], {
      ...env,
      ...row.env,
    });
  };
}

/**
 * The version, a prediction, and messages through Kafka's protocol: produced, consumed, answered, each once. `options`:
 * of the commands that run a model.
 */
export function works(project, ...options) {
  const said = project.command('--version').trim();
  expect(said === version, `--version says ${said}`);
  const predicted = project.command('predict', 'What a lovely day', ...options);
  expect(/POSITIVE/.test(predicted), predicted);
  usesOurClient(project);
  exactlyOnce(project.command('demo', '--messages', '200', '--set', 'http.port=0', ...options));
}

export const exactlyOnce = (demo) => expect(/\(100\.00 ?%\)|100\.00%/.test(demo), demo);

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
