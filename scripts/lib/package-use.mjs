/** What can be done with the installed package: rows of `npm run check:package`. */
import { cpSync, existsSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from './package-checks.mjs';
import { nodeOfAbi } from './package-bindings.mjs';
import { usesOurClient, works } from './package-managers.mjs';
import { root } from './run.mjs';

const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
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
        if (isComplete) {
          works(installed);
          doctorNamesOurs(installed);
        } else withoutBinding(installed);
      } finally {
        installed.useNode(process.execPath);
      }
    });
  }
}

const rows = [
  ['README: the consumer', (project) => consumerExample(project)],
  ['README: predictions', (project) => predictExample(project)],
  ['README: the consumer in TypeScript', (project) => typedExample(project)],
  ['require, in JavaScript and TypeScript', (project) => requireExample(project)],
  ['doctor says which binding is loaded', (project) => doctorNamesOurs(project)],
  ['model import says what it needs, and works', (project) => importModel(project)],
  [
    'a binding that is missing is told in a sentence',
    (project) => without(project, `node-${process.versions.modules}.node`, () => withoutBinding(project)),
  ],
  [
    'exactly_once refuses a binding without our patches',
    (project) => without(project, 'kubesentiment-patched', () => unpatched(project)),
  ],
];

/** There is no broker, so it fails as a whole; it looks at this machine first. */
function doctorNamesOurs(project) {
  const { stdout, stderr } = project.tryCommand(
    'doctor',
    '--json',
    '--set',
    'kafka.bootstrap_servers=127.0.0.1:1',
  );
  const found = JSON.parse(stdout || '{}').checks?.find(({ name }) => name === 'librdkafka');
  const binding = `/prebuilds/${platform}/rdkafka/node-`;
  expect(
    found?.status === 'ok' && found.detail.includes('(prebuilt, ') && found.detail.includes(binding),
    `${JSON.stringify(found)}\n${stderr}`,
  );
}

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

/** On the PATH there is no Python. With the one that tests use, if it is there, the graph is rewritten. */
function importModel(project) {
  const importTo = (out, ...args) => project.tryCommand('model', 'import', 'models/default', out, ...args);
  const { status, stderr } = importTo('imported');
  expect(
    status === 1 && /python3 cannot be started\. Install it .* --keep-graph\.\n$/.test(stderr),
    `exit ${status}: ${stderr}`,
  );
  const python = join(root, '.cache/tools/import-python/bin/python');
  const ways = [['--keep-graph'], ...(existsSync(python) ? [['--python', python]] : [])];
  for (const [number, way] of ways.entries()) {
    const out = `imported-${number}`;
    const done = importTo(out, '--seconds', '1', ...way);
    expect(done.status === 0, done.stderr);
    expect(/POSITIVE/.test(project.command('predict', '--model', out, 'What a lovely day')), 'no prediction');
  }
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

/** A program of README's part for programs, as it stands there: the first one with this text in it. */
function readmeExample(language, text) {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const part = readme.slice(readme.indexOf('## As a library'), readme.indexOf('\n## Messages'));
  const examples = [...part.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))];
  return examples.map(([, code]) => code).find((code) => code.includes(text));
}

function consumerExample(project) {
  project.write('example.mjs', readmeExample('js', 'HighThroughputKafkaConsumer'));
  tryExample(project, 'example.mjs', '^sentiment_requests \\d \\d+ (POSITIVE|NEGATIVE) \\d');
}

/** The file has to print a line like this, with a broker that has requests. */
function tryExample(project, file, pattern) {
  cpSync(join(root, 'scripts/package/try-example.mjs'), join(project.folder, 'try-example.mjs'));
  project.node('try-example.mjs', file, pattern);
}

/** In a project of its own kind: as strict as can be, looking into our declarations, with Node's types installed. */
function typedExample(project) {
  const compilerOptions = {
    ...{ target: 'es2022', module: 'nodenext', lib: ['es2022', 'esnext.disposable'], types: ['node'] },
    ...{ strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true },
    skipLibCheck: false,
  };
  project.npm('install', '--ignore-scripts', `@types/node@${devDependencies['@types/node']}`);
  project.write('watch.mts', readmeExample('ts', 'await using'));
  project.write('tsconfig.json', JSON.stringify({ compilerOptions, files: ['watch.mts'] }));
  project.node(join(root, 'node_modules/typescript/bin/tsc'), '-p', project.folder);
  tryExample(project, 'watch.mjs', '^[1-9]\\d*$');
}

/** Both entries by `require`, whose classes are those of `import`. */
function requireExample(project) {
  project.write(
    'require.cts',
    `import kubesentiment = require('kubesentiment');
    import predict = require('kubesentiment/predict');
    const options: kubesentiment.HighThroughputKafkaConsumerOptions = { settings: { logging: { level: 'silent' } } };
    const consumer: kubesentiment.HighThroughputKafkaConsumer = new kubesentiment.HighThroughputKafkaConsumer(options);
    async function main(): Promise<void> {
      const processor: predict.StreamProcessor = await predict.StreamProcessor.create();
      const [first]: predict.Prediction[] = [...(await processor.predict(['a warm and funny film']))];
      await processor.close();
      const module = await import('kubesentiment');
      console.log(first?.label, consumer.state, consumer instanceof module.HighThroughputKafkaConsumer);
    }
    void main();\n`,
  );
  const compilerOptions = {
    target: 'es2022',
    module: 'nodenext',
    types: ['node'],
    strict: true,
    skipLibCheck: false,
  };
  project.write('tsconfig.json', JSON.stringify({ compilerOptions, files: ['require.cts'] }));
  project.node(join(root, 'node_modules/typescript/bin/tsc'), '-p', project.folder);
  const said = project.node('require.cjs');
  expect(/^POSITIVE stopped true$/m.test(said), said);
}

function predictExample(project) {
  const code = readmeExample('js', 'kubesentiment/predict');
  project.write('predict.mjs', code);
  const said = project.node('predict.mjs');
  expect(/label: 'POSITIVE'/.test(said), said);
}
