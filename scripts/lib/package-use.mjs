/** What can be done with the installed package: rows of `npm run check:package`. */
import { cpSync, existsSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from './package-checks.mjs';
import { nodeOfAbi } from './package-bindings.mjs';
import { usesOurClient, works } from './package-managers.mjs';
import { root } from './run.mjs';

const platform = `${process.platform}-${process.arch}`;

/** `installed`: a project in which npm has installed the package. */
export async function checkUse(checks, { installed, node }) {
  for (const [name, act] of rows) await checks.check(name, () => act(installed));
  for (const [abi, version] of Object.entries(nodeOfAbi)) {
    if (abi === process.versions.modules) continue;
    const isComplete = existsSync(
      installed.path('kubesentiment/prebuilds', platform, `rdkafka/node-${abi}.node`),
    );
    const what = isComplete ? 'works' : 'predicts, and says that it has no binding';
    await checks.check(`Node ${version}: ${what}`, async () => {
      installed.useNode(await node(version));
      try {
        if (isComplete) works(installed);
        else withoutBinding(installed);
      } finally {
        installed.useNode(process.execPath);
      }
    });
  }
}

const rows = [
  ['README: the consumer', (project) => consumerExample(project)],
  ['README: predictions', (project) => predictExample(project)],
  [
    'a binding that is missing is told in a sentence',
    (project) => without(project, `node-${process.versions.modules}.node`, () => withoutBinding(project)),
  ],
  [
    'exactly_once refuses a binding without our patches',
    (project) => without(project, 'kubesentiment-patched', () => unpatched(project)),
  ],
];

/** What needs no Kafka works; the rest ends with one sentence, what to do, and exit code 1. */
function withoutBinding(project) {
  expect(/POSITIVE/.test(project.command('predict', 'What a lovely day')), 'no prediction');
  const { status, stderr } = project.tryCommand('consume');
  expect(
    status === 1 &&
      /^kubesentiment: This package has no binding of node-rdkafka for Node .* "npm install node-rdkafka@.*\n$/.test(
        stderr,
      ),
    `exit ${status}: ${stderr}`,
  );
}

function unpatched(project) {
  const { status, stderr } = project.tryCommand('consume', '--set', 'kafka.bootstrap_servers=127.0.0.1:1');
  expect(
    status === 2 && /without the patches that exactly_once needs/.test(stderr),
    `exit ${status}: ${stderr}`,
  );
  expect(/[Ii]nstall kubesentiment again/.test(stderr), stderr);
}

/** Runs `act` while a file beside the binding is away. */
function without(project, name, act) {
  const path = project.path('kubesentiment/prebuilds', platform, 'rdkafka', name);
  renameSync(path, `${path}.away`);
  try {
    act();
  } finally {
    renameSync(`${path}.away`, path);
  }
  usesOurClient(project);
}

/** The JavaScript of README's part for programs, as it stands there. */
function readmeExamples() {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const part = readme.slice(readme.indexOf('## As a library'), readme.indexOf('\n## Messages'));
  return [...part.matchAll(/^```js\n([\s\S]*?)^```$/gm)].map(([, code]) => code);
}

function consumerExample(project) {
  const code = readmeExamples().find((example) => example.includes('HighThroughputKafkaConsumer'));
  project.write('example.mjs', code);
  cpSync(join(root, 'scripts/package/try-example.mjs'), join(project.folder, 'try-example.mjs'));
  project.node('try-example.mjs', 'example.mjs');
}

function predictExample(project) {
  const code = readmeExamples().find((example) => example.includes('kubesentiment/predict'));
  project.write('predict.mjs', code);
  const said = project.node('predict.mjs');
  expect(/label: 'POSITIVE'/.test(said), said);
}
