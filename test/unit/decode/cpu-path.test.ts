/** Every CPU path that this machine has gives the same rows and verdicts, and can be asked for by the environment. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { loadBinding } from '../../../src/decode/binding.ts';
import { root } from '../../helpers/paths.ts';

const program = `
  import { createHash } from 'node:crypto';
  import { makeDecoder } from '${pathToFileURL(join(root, 'dist/test/unit/decode/make-decoder.js')).href}';
  import { loadBinding } from '${pathToFileURL(join(root, 'dist/src/decode/binding.js')).href}';
  import { createCorpus } from '${pathToFileURL(join(root, 'dist/src/corpus/corpus.js')).href}';
  const { decoder, table } = makeDecoder();
  const slots = Int32Array.of(0);
  const hash = createHash('sha256');
  for (const style of ['sst2', 'tweets', 'reviews']) {
    const corpus = createCorpus({ seed: 3, style });
    for (let i = 0; i < 400; i++) {
      const text = corpus.next();
      const odd = text.slice(0, i) + ['é', '中', '\\0', '"', '\\t', '\\u0301', ' [MASK] '][i % 7] + text.slice(i);
      const whole = Buffer.from(JSON.stringify({ id: i, text: odd, metadata: { text } }));
      for (const value of [whole, whole.subarray(0, i), Buffer.concat([whole, Buffer.from('x')])]) {
        decoder.decode([value], slots, 1);
        hash.update(String(table.status[0])).update(decoder.tokens(0));
      }
    }
  }
  console.log(loadBinding().cpuPath(), hash.digest('hex'));`;

const run = (path: string): string[] =>
  execFileSync(process.execPath, ['--input-type=module', '-e', program], {
    encoding: 'utf8',
    env: { ...process.env, KUBESENTIMENT_CPU_PATH: path },
  })
    .trim()
    .split(' ');

test('all CPU paths of this machine decode alike', (t) => {
  const [baseline, expected] = run('baseline');
  assert.equal(baseline, 'baseline');
  for (const path of ['neon', 'avx2', 'avx512']) {
    const [used, hash] = run(path);
    if (used === path) assert.equal(hash, expected, path);
    else t.diagnostic(`this machine has no ${path}`);
  }
});

test('a path that the machine does not have, or that does not exist, changes nothing', () => {
  const best = loadBinding().cpuPath();
  assert.equal(run('mmx')[0], best);
  assert.equal(run(process.arch === 'arm64' ? 'avx512' : 'neon')[0], best);
});
