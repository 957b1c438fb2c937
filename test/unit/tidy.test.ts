/** The written style, as far as a program can see it: sizes, directions of imports, owners, dead files. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { importCycles, importsOf, projectFiles, type SourceFile } from '../helpers/source-tree.ts';

const files = projectFiles();
const code = files.filter(({ path }) => /\.(ts|mjs|cjs|cc|h|py|sh)$/.test(path) || path === '.ci/run');
const sources = files.filter(({ path }) => path.startsWith('src/') && path.endsWith('.ts'));

/** Made by a program, or a list of words: nobody reads it line by line. */
const isTable = ({ path }: SourceFile): boolean => /(_tables\.(cc|h)|\/words-[\w-]+\.ts)$/.test(path);

function assertNone(problems: readonly string[]): void {
  if (problems.length > 0) assert.fail(problems.join('\n'));
}

test('the walk over the project finds its files and their imports', () => {
  for (const path of ['package.json', 'src/types.ts', 'test/unit/tidy.test.ts', '.ci/run']) {
    assert.ok(
      files.some((file) => file.path === path),
      path,
    );
  }
  const imported = new Set(sources.flatMap(importsOf).map(({ specifier, path }) => path ?? specifier));
  for (const name of ['node-rdkafka', 'src/types.ts']) assert.ok(imported.has(name), name);
  assert.ok(!files.some(({ path }) => /^(node_modules|dist|build|\.git|\.cache)\//.test(path)));
});

test('files are short enough to read', () => {
  const limits: [RegExp, number][] = [
    [/\.(ts|mjs|cjs|py)$/, 300],
    [/\.h$/, 150],
    [/\.cc$/, 300],
  ];
  const problems: string[] = [];
  for (const file of code) {
    const limit = limits.find(([pattern]) => pattern.test(file.path))?.[1];
    const length = file.lines.length - 1;
    if (limit !== undefined && length > limit && !isTable(file)) {
      problems.push(`${file.path}: ${length} lines, at most ${limit}`);
    }
  }
  assertNone(problems);
});

test('lines have at most 120 columns, no tabs and no space at the end', () => {
  const problems: string[] = [];
  for (const file of code) {
    file.lines.forEach((line, index) => {
      const place = `${file.path}:${index + 1}`;
      if ([...line].length > 120 && !isTable(file)) problems.push(`${place}: ${[...line].length} columns`);
      if (line.includes('\t')) problems.push(`${place}: tab`);
      if (/\s$/.test(line)) problems.push(`${place}: space at the end`);
    });
    if (!file.text.endsWith('\n') || file.text.endsWith('\n\n'))
      problems.push(`${file.path}: one newline at the end`);
  }
  assertNone(problems);
});

/**
 * Folder of src → folders of src that its files may import; a name in brackets: types only. Files of src itself may
 * be imported by all. A message walks through consume, classify and publish; a stage sees types of those before it.
 */
const allowed: Record<string, readonly string[]> = {
  config: [],
  crypto: [],
  metrics: [],
  kafka: [],
  decode: [],
  infer: [],
  corpus: [],
  tracing: [],
  drift: ['metrics'],
  otlp: ['metrics'],
  why: [],
  scaling: [],
  watchdog: ['kafka', 'decode'],
  registry: ['decode'],
  consume: ['decode', 'crypto', '[metrics]', '[registry]'],
  canary: ['[infer]', '[metrics]'],
  classify: ['[consume]', '[decode]', '[infer]', '[metrics]'],
  shadow: ['classify', 'infer', 'metrics', '[consume]', '[decode]'],
  publish: ['[consume]', '[classify]', 'decode', '[metrics]'],
  pipeline: ['consume', 'classify', 'publish', 'metrics', '[decode]', '[infer]', '[registry]'],
  predict: ['config', 'metrics', 'decode', 'infer', 'classify', '[canary]'],
  session: ['config', 'kafka', 'decode', 'predict', 'consume', 'publish', 'pipeline'].concat([
    '[classify]',
    '[crypto]',
    '[infer]',
    '[metrics]',
    '[registry]',
  ]),
  service: [
    'canary',
    'config',
    'crypto',
    'infer',
    'metrics',
    'drift',
    'kafka',
    'predict',
    'consume',
    'session',
    'shadow',
    'tracing',
    'registry',
    'scaling',
    'why',
  ].concat(['[classify]', '[decode]', '[http]', '[pipeline]', '[watchdog]']),
  cluster: ['config', 'kafka'],
  'dead-letters': ['config', 'kafka', 'cluster'],
  verify: ['config', 'kafka', 'decode', 'cluster', 'registry'],
  http: ['metrics', 'dead-letters', '[drift]', '[why]'],
  diagnose: [
    'config',
    'kafka',
    'decode',
    'drift',
    'metrics',
    'corpus',
    'predict',
    'cluster',
    'http',
    'registry',
  ],
  bench: ['config', 'metrics', 'kafka', 'corpus', 'predict', 'cluster', 'service'],
  demo: ['config', 'kafka', 'corpus', 'service', 'bench'],
};
/** The command line sees everything, and so does `src/index.ts`, which names what a program can import. */
const seesAll: ReadonlySet<string> = new Set(['cli']);

/** Every import from one folder of src into another. */
const crossings = sources
  .filter(({ path }) => !seesAll.has(folderOf(path)) && path !== 'src/index.ts')
  .flatMap((file) =>
    importsOf(file).flatMap(({ path: target, typeOnly }) => {
      const [from, to] = [folderOf(file.path), target?.startsWith('src/') ? folderOf(target) : ''];
      return to === '' || to === from ? [] : [{ path: file.path, from, to, target, typeOnly }];
    }),
  );

test('imports go one way: cli, service, session, pipeline, stages, tools', () => {
  const problems: string[] = [];
  for (const { from, to, path, typeOnly, target } of crossings) {
    const rule = allowed[from] ?? [];
    if (rule.includes(to) || (typeOnly && rule.includes(`[${to}]`))) continue;
    problems.push(`${path} imports ${target}`);
  }
  assertNone(problems);
});

test('every folder has a rule, and no rule allows more than is used', () => {
  const folders = new Set(sources.map(({ path }) => folderOf(path)).filter((folder) => folder !== ''));
  const problems: string[] = [];
  for (const folder of folders) {
    if (allowed[folder] === undefined && !seesAll.has(folder)) problems.push(`src/${folder} has no rule`);
  }
  for (const [from, rule] of Object.entries(allowed)) {
    if (!folders.has(from)) problems.push(`There is no folder src/${from}`);
    for (const to of rule.filter((name) => !name.startsWith('['))) {
      const isUsed = crossings.some((each) => each.from === from && each.to === to && !each.typeOnly);
      if (!isUsed) problems.push(`src/${from} imports no value of src/${to}`);
    }
  }
  assertNone(problems);
});

test('no imports go round in a circle, those of types included', () => {
  const programs = files.filter(({ path }) => /^(src|benchmarking|test)\/.*\.ts$/.test(path));
  assertNone(importCycles(programs).map((circle) => circle.join(' → ')));
});

/** Package → where it may be imported (a prefix of the path). Types may be imported anywhere. */
const owners: Record<string, string> = {
  'node-rdkafka': 'src/kafka/',
  piscina: 'src/infer/',
  'onnxruntime-node': 'src/infer/onnx-runtime.ts',
  'prom-client': 'src/metrics/',
  fastify: 'src/http/',
  zod: 'src/config/',
  yaml: 'src/config/',
  pino: 'src/log.ts',
  commander: 'src/cli/',
  '@opentelemetry/api': 'src/tracing/',
  '@opentelemetry/sdk-trace-base': 'src/tracing/',
  '@opentelemetry/otlp-exporter-base/node-http': 'src/tracing/',
  '@opentelemetry/resources': 'src/tracing/',
};

const mayNameAddons = ['src/decode/binding.ts', 'src/kafka/rdkafka-module.ts'];

test('each outside library has one owner', () => {
  const problems: string[] = [];
  for (const file of sources) {
    for (const { specifier, typeOnly } of importsOf(file)) {
      const owner = owners[specifier];
      if (owner !== undefined && !typeOnly && !file.path.startsWith(owner)) {
        problems.push(`${file.path} imports ${specifier}, which belongs to ${owner}`);
      }
    }
    if (/\.node['"`]/.test(file.text) && !mayNameAddons.includes(file.path)) {
      problems.push(`${file.path} names a .node file, which belongs to ${mayNameAddons.join(' or ')}`);
    }
  }
  assertNone(problems);
});

test('only the command line reads arguments and environment', () => {
  // ONNX Runtime can be told in no other way, and nothing else says how many threads libuv has.
  const told = "process.env['ORT_DISABLE_TELEMETRY'] ??= '1'";
  const asked = "process.env['UV_THREADPOOL_SIZE'] ?? SIZE_DEFAULT";
  const reads = (text: string): boolean =>
    /\bprocess\.(argv|env)\b/.test(text.replace(told, '').replace(asked, ''));
  const problems = sources
    .filter(({ path, text }) => !path.startsWith('src/cli/') && reads(text))
    .map(({ path }) => path);
  assertNone(problems);
});

test('every source file is used', () => {
  const users = files.filter(({ path }) => /^(src|bin|benchmarking|scripts)\/.*\.(ts|mjs|cjs)$/.test(path));
  const used = new Set(['src/index.ts', 'src/predict/index.ts', 'src/cli/main.ts']);
  for (const user of users) {
    for (const { path } of importsOf(user)) if (path !== user.path) used.add(path ?? '');
    // Workers are started by the name of their file.
    for (const [, name] of user.text.matchAll(/'\.\/([\w-]+)\.js'/g)) {
      used.add(user.path.replace(/[^/]+$/, `${name}.ts`));
    }
    // Scripts import what was compiled.
    for (const [, path] of user.text.matchAll(/dist\/(src\/[\w/-]+)\.js/g)) used.add(`${path}.ts`);
  }
  assertNone(
    sources.filter(({ path }) => !used.has(path)).map(({ path }) => `${path} is imported by nothing`),
  );
});

test('no path of one machine and no host of a package registry', () => {
  const machinePath = /(?<![\w.~-])\/(work|root|Users|home\/\w+)\//;
  const registry = new RegExp(
    ['registry\\.npmjs', 'registry\\.yarnpkg', 'repo1?\\.maven', 'files\\.pythonhosted'].join('|'),
  );
  const problems: string[] = [];
  for (const file of files) {
    if (file.path === 'test/unit/tidy.test.ts') continue;
    file.lines.forEach((line, index) => {
      const found = machinePath.exec(line) ?? registry.exec(line);
      if (found) problems.push(`${file.path}:${index + 1}: ${found[0]}`);
    });
  }
  assertNone(problems);
});

/** Of several values in a test it does not matter which never changes. */
const isProgram = ({ path }: SourceFile): boolean => path.endsWith('.ts') && !path.endsWith('.test.ts');

test('constants are named one way: single values in capitals, tables of them not', () => {
  const value =
    /^(?:export )?const ([a-z]\w*)(?:: [\w ]+)? = (?:-?[\d_.]+n?(?: [*+-] [\d_.]+)*|'[^']*'|\/.+\/[a-z]*);$/;
  const table = /^(?:export )?const ([A-Z][A-Z\d_]*)(?:: [^=]+)? = (?:\[|\{|new (?:Set|Map)\b)/;
  const problems: string[] = [];
  for (const { path, lines } of files.filter((file) => isProgram(file))) {
    lines.forEach((line, index) => {
      const name = (value.exec(line) ?? table.exec(line))?.[1];
      if (name !== undefined) problems.push(`${path}:${index + 1}: ${name}`);
    });
  }
  assertNone(problems);
});

/** `src/kafka/errors.ts` → `kafka`; files of src itself belong to no folder. */
function folderOf(path: string): string {
  const [, folder, ...rest] = path.split('/') as [string, string, ...string[]];
  return rest.length > 0 ? folder : '';
}
