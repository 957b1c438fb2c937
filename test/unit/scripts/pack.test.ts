/**
 * What a user gets of this clone: all that runs, and nothing else. `npm run check:package` looks at the package itself,
 * which also has libraries from node_modules.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { root } from '../../helpers/paths.ts';

interface PackedFile {
  readonly path: string;
}

function packedFiles(): string[] {
  const npm = process.env['npm_execpath'];
  const [command, ...first] = npm?.endsWith('npm-cli.js') ? [process.execPath, npm] : ['npm'];
  const args = [...first, 'pack', '--dry-run', '--json', '--ignore-scripts', '--loglevel=error'];
  // What this Node is told to preload may be more than the Node of a plain `npm` understands.
  const env = { ...process.env, NODE_OPTIONS: '' };
  const output = execFileSync(command as string, args, { cwd: root, encoding: 'utf8', env });
  const [{ files }] = JSON.parse(output) as [{ files: PackedFile[] }];
  return files.map(({ path }) => path);
}

const files = packedFiles();

test('the package holds what runs', () => {
  for (const needed of [
    'LICENSE',
    'README.md',
    'bin/kubesentiment.cjs',
    'configs/kafka.yaml',
    'dist/src/index.d.ts',
    'examples/service.mjs',
    'dist/src/index.js',
    'dist/src/infer/worker.js',
    'dist/src/predict/index.js',
    'models/default/model.onnx',
    'models/default/tokenizer.json',
    'scripts/rdkafka-patch.mjs',
    'scripts/rdkafka-patch/0006-late-requests.patch',
    'src/http/page/index.html',
  ]) {
    assert.ok(files.includes(needed), needed);
  }
});

test('no file makes npm compile: it does so for a binding.gyp, whatever package.json says', () => {
  assert.deepEqual(
    files.filter((path) => /\.gyp$/.test(path)),
    [],
  );
});

test('the package holds nothing else: no tests, training data, sources, credentials or local files', () => {
  const allowed = [
    /^(LICENSE|README\.md|package\.json)$/,
    /^bin\/kubesentiment\.cjs$/,
    /^commonjs\/[\w.-]+\.(cjs|d\.cts)$/,
    /^configs\/(examples\/)?[\w-]+\.(yaml|schema\.json)$/,
    /^examples\/(README\.md|[\w.-]+\.mjs)$/,
    /^dist\/src\/[\w/-]+\.(js|d\.ts|css|html|svg)$/,
    /^models\/[\w-]+\/([\w-]+\.json|model\.onnx|vocab\.txt|README\.md|curve\.png)$/,
    /^scripts\/rdkafka-patch(\.mjs|\/[\w-]+\.patch)$/,
    /^scripts\/model-import\/([\w-]+\.py|requirements\.txt)$/,
    /^src\/http\/page\/[\w-]+\.(js|css|html|svg)$/,
    /^prebuilds\/[\w-]+\/(kubesentiment\.node|rdkafka\/[\w.-]+)$/,
  ];
  const strangers = files.filter((path) => !allowed.some((pattern) => pattern.test(path)));
  assert.deepEqual(strangers, []);
});
