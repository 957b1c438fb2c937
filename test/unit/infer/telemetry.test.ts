import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../../helpers/paths.ts';

test('ONNX Runtime leaves no id of the machine behind, and so sends nothing', (t) => {
  const home = mkdtempSync(join(tmpdir(), 'kubesentiment-home-'));
  t.after(() => rmSync(home, { recursive: true }));
  const command = [
    join(root, 'bin/kubesentiment.cjs'),
    'predict',
    '--model',
    'models/default',
    'It was good.',
  ];
  // Under CI its telemetry is off by itself.
  const ofCi = /^(CI|GITHUB_.*|TF_BUILD|BUILD_.*|JENKINS_.*|ORT_DISABLE_TELEMETRY)$/;
  const ours = Object.entries(process.env).filter(([name]) => !ofCi.test(name));
  const env = { ...Object.fromEntries(ours), HOME: home, XDG_CACHE_HOME: home };
  const { status, stderr } = spawnSync(process.execPath, command, { cwd: root, env, encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  assert.deepEqual(readdirSync(home), []);
});
