/** No message pays for a wrong model: every command that would use it says what is wrong; `consume` joins nothing. */
import assert from 'node:assert/strict';
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { root } from '../../helpers/paths.ts';
import { tokenizerJson } from '../../models/tokenizer.ts';
import { filesOf, temporaryFolder, writeFiles } from '../../models/directory.ts';

/** Nobody listens there: a command that tried to connect would not end with the sentence about the model. */
const NOBODY = '127.0.0.1:1';

function run(folder: string, args: readonly string[]): SpawnSyncReturns<string> {
  const settings = ['model.path', 'kafka.bootstrap_servers', 'http.port'];
  const values = [folder, NOBODY, '0'];
  const env = Object.fromEntries(
    settings.map((name, i) => [`MLOPS_${name.replace('.', '_').toUpperCase()}`, values[i]]),
  );
  const command = [join(root, 'bin/kubesentiment.cjs'), ...args];
  return spawnSync(process.execPath, command, {
    encoding: 'utf8',
    timeout: 120_000,
    env: { ...process.env, ...env },
  });
}

const commands: Readonly<Record<string, (folder: string) => string[]>> = {
  consume: () => ['consume'],
  predict: () => ['predict', 'good'],
  'model check': (folder) => ['model', 'check', folder, '--seconds', '1'],
};

function assertRefused(t: TestContext, files: Parameters<typeof writeFiles>[1], sentence: RegExp): void {
  const folder = writeFiles(temporaryFolder(t), files);
  for (const [name, args] of Object.entries(commands)) {
    const { status, stdout, stderr } = run(folder, args(folder));
    assert.equal(status, 2, `${name}: ${stderr}`);
    assert.match(stderr, sentence, name);
    assert.doesNotMatch(stdout + stderr, /broker|Kafka cannot be reached/i, name);
  }
  const { stdout } = run(folder, ['doctor', '--json']);
  assert.match(stdout, sentence);
}

test('a model that loads and cannot answer stops every command with the reason of ONNX Runtime', (t) => {
  const tokenizer = {
    ...tokenizerJson(),
    post_processor: { type: 'BertProcessing', cls: ['[CLS]', 2000], sep: ['[SEP]', 3] },
  };
  const files = filesOf({}, undefined, { 'tokenizer.json': tokenizer });
  assertRefused(t, files, /cannot classify.*running Gather node.*indices element out of data bounds/);
});

test('a Git LFS pointer stops every command with what to run', (t) => {
  const files = filesOf({}, undefined, { 'model.onnx': 'version https://git-lfs.github.com/spec/v1\n' });
  assertRefused(t, files, /Git LFS pointer of model\.onnx.*git lfs pull/s);
});

test('a shadow that does not fit the model in use is refused by doctor, too', () => {
  const shadow = 'model.shadow={"path":"models/general","share":0.1}';
  const { stdout, status } = run('models/default', ['doctor', '--json', '--set', shadow]);
  assert.match(stdout, /model\.shadow: The models have different labels/);
  assert.equal(status, 1);
});
