/** The image without a build tool for images: its root, made by the scripts of docker/ from what is compiled here. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { remedyFor } from './remedies.mjs';
import { root, runStep } from './run.mjs';

/**
 * Resolves with the folder, which is below `.cache/`. Like the image, but with this Node and the libraries of this
 * Debian. Rejects with a `StepError`.
 */
export async function assembleImage({ source = root, target = join(root, '.cache/image/assembled') } = {}) {
  const application = `${target}-application`;
  for (const folder of [target, application]) rmSync(folder, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  const run = (script, ...args) =>
    runStep(`docker/${script}`, [process.execPath, join(source, 'docker', script), ...args], {
      remedy: remedyFor,
    });
  await run('assemble.mjs', application);
  await run('root.mjs', target, application);
  renameSync(application, join(target, 'app'));
  const compiled = ['-type', 'f', '(', '-name', '*.node', '-o', '-name', '*.so*', '-o', '-name', 'node', ')'];
  execFileSync('find', [target, ...compiled, '-exec', 'strip', '--strip-unneeded', '{}', '+'], {
    stdio: 'ignore',
  });
  return target;
}

/** The size that it would have in a registry, in MB. */
export function compressedTree(folder) {
  const sorted = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner'];
  const command = `tar ${sorted.join(' ')} --one-file-system -C "$0" -cf - . | gzip -6n | wc -c`;
  return Math.round(Number(execFileSync('sh', ['-c', command, folder], { encoding: 'utf8' })) / 1e6);
}
