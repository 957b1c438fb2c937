import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Command } from 'commander';
import { registerConfigCommand } from '../../../src/cli/config.ts';
import { defaultYaml, markdownDocs } from '../../../src/config/docs.ts';
import { ConfigError } from '../../../src/config/problem.ts';
import { KubesentimentError } from '../../../src/errors.ts';

/** Runs `config ARGS…` in this process; what it wrote to standard output, and what it threw. */
function run(t: { mock: { method: typeof test.mock.method } }, ...args: string[]) {
  let output = '';
  const write = t.mock.method(process.stdout, 'write', (text: string) => {
    output += text;
    return true;
  });
  const program = new Command().exitOverride();
  registerConfigCommand(program, () => undefined);
  let error: unknown;
  try {
    program.parse(['config', ...args], { from: 'user' });
  } catch (thrown) {
    error = thrown;
  } finally {
    write.mock.restore();
  }
  return { output, error };
}

function temporary(t: { after(action: () => void): void }): string {
  const directory = mkdtempSync(join(tmpdir(), 'kubesentiment-cli-'));
  t.after(() => rmSync(directory, { recursive: true }));
  return directory;
}

test('init writes the commented default, which checks out, and never overwrites', (t) => {
  const file = join(temporary(t), 'new', 'kafka.yaml');
  assert.equal(run(t, 'init', file).error, undefined);
  assert.equal(readFileSync(file, 'utf8'), defaultYaml());
  assert.match(run(t, 'check', '--config', file).output, /no problems/);
  writeFileSync(file, 'kafka: {batch_size: 7}\n');
  const { error } = run(t, 'init', file);
  assert.ok(error instanceof KubesentimentError && error.code === 'KS_USAGE' && error.exitCode === 2);
  assert.match(readFileSync(file, 'utf8'), /batch_size: 7/);
});

test('check throws what is wrong; with --json it prints it too', (t) => {
  const file = join(temporary(t), 'wrong.yaml');
  writeFileSync(file, 'kafka:\n  batch_sise: 1\n');
  const plain = run(t, 'check', '--config', file);
  assert.ok(plain.error instanceof ConfigError);
  assert.equal(plain.output, '');
  const asJson = run(t, 'check', '--config', file, '--json');
  assert.ok(asJson.error instanceof ConfigError);
  const { ok, problems } = JSON.parse(asJson.output);
  assert.equal(ok, false);
  assert.equal(problems[0].where, `${file}:2:3`);
  assert.equal(problems[0].suggestion, 'batch_size');
});

test('print shows the configuration in force, where it came from, as YAML or JSON', (t) => {
  const file = join(temporary(t), 'some.yaml');
  writeFileSync(file, 'kafka:\n  batch_size: 7\nhttp:\n  token: a-token-of-some-length\n');
  const { output } = run(t, 'print', '--config', file, '--origins');
  assert.match(output, new RegExp(`^  batch_size: 7 +# ${file}:2:15$`, 'm'));
  assert.ok(!output.includes('a-token'));
  const parsed = JSON.parse(run(t, 'print', '--config', file, '--json').output);
  assert.equal(parsed.kafka.batch_size, 7);
  assert.equal(parsed.http.token, '********');
  const origins = JSON.parse(run(t, 'print', '--config', file, '--json', '--origins').output);
  assert.deepEqual(origins.kafka.batch_size, { value: 7, origin: `${file}:2:15` });
});

test('docs prints each form of the documentation and refuses others', (t) => {
  assert.equal(run(t, 'docs').output, markdownDocs());
  assert.ok(JSON.parse(run(t, 'docs', '--format', 'json-schema').output).properties.kafka);
  assert.ok(run(t, 'docs', '--format', 'toString').error instanceof KubesentimentError);
});
