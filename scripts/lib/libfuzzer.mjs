import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { root } from './run.mjs';

/** With this exit code the program reports that its tokenizer.json uses something that is not implemented. */
const unsupported = 3;
/** What programs with `schemas` read. */
export const fuzzSchemas = join(root, '.cache/fuzz/schemas');

/**
 * Runs a target over `folder`/corpus, which grows. Inputs that broke it are saved in `folder`.
 *
 * @param {string} program
 * @param {import('./fuzz-targets.mjs').FuzzTarget} target
 * @param {string} folder
 * @param {number} seconds 0: no limit
 * @param {string[]} [args] additional ones, before the corpus
 */
export async function runFuzzer(program, target, folder, seconds, args = []) {
  const startedAt = performance.now();
  const { code, output } = await spawned(program, target, [
    `-max_total_time=${seconds}`,
    `-max_len=${target.bytesMax}`,
    ...(target.dictionary === undefined ? [] : [`-dict=${join(root, 'test/fuzz', target.dictionary)}`]),
    `-artifact_prefix=${folder}/`,
    ...['-timeout=60', '-rss_limit_mb=2048', '-print_final_stats=1'],
    ...args,
    join(folder, 'corpus'),
  ]);
  if (code === unsupported) return { outcome: 'skipped', reason: output.trim().split('\n').at(-1) };
  const figures = {
    seconds: Math.round((performance.now() - startedAt) / 1000),
    executions: Number(/number_of_executed_units:\s*(\d+)/.exec(output)?.[1] ?? 0),
    coverage: Number([...output.matchAll(/\bcov: (\d+)/g)].at(-1)?.[1] ?? 0),
    inputs: readdirSync(join(folder, 'corpus')).length,
    peak_rss_mb: Number(/peak_rss_mb:\s*(\d+)/.exec(output)?.[1] ?? 0),
  };
  if (code === 0) return { outcome: 'passed', ...figures };
  process.stdout.write(output.split('\n').slice(-80).join('\n'));
  const artifact = /Test unit written to (\S+)/.exec(output)?.[1];
  const where = artifact === undefined ? '' : `; the input is ${relative(root, artifact)}`;
  return { outcome: 'failed', reason: `exit code ${code}${where}`, ...figures };
}

function spawned(program, target, args) {
  const tokenizer =
    target.tokenizer === undefined ? {} : { KUBESENTIMENT_TOKENIZER: join(root, target.tokenizer) };
  const schemas = target.schemas ? { KUBESENTIMENT_SCHEMAS: fuzzSchemas } : {};
  const env = { ...process.env, ...tokenizer, ...schemas, UBSAN_OPTIONS: 'print_stacktrace=1' };
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: root, env, stdio: ['ignore', 'ignore', 'pipe'] });
    let output = '';
    child.stderr.on('data', (chunk) => {
      output = (output + chunk).slice(-256 * 1024);
    });
    const stop = () => child.kill();
    process.once('exit', stop);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      process.off('exit', stop);
      resolve({ code: code ?? signal, output });
    });
  });
}
