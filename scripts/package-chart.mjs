/**
 * Packs the chart: `npm run package:chart` writes `build-chart/kubesentiment-VERSION.tgz`, in the version of the
 * package. `-- --image ghcr.io/OWNER/NAME` names the image that it installs. Helm writes the time of packing into such
 * a file; this one is the same whenever and wherever it is made.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { settle } from '../docker/settle.mjs';
import { root, StepError } from './lib/run.mjs';
import { exitOnStepError } from './setup.mjs';

const publishedImage = 'ghcr.io/kubesentiment/kubesentiment';

/** The path of the packed chart. Throws a `StepError`. */
export function packageChart({ folder = join(root, 'build-chart'), image } = {}) {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const stage = join(folder, 'kubesentiment');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  // The rules and the dashboard are links to those of the service.
  cpSync(join(root, 'deploy/chart'), stage, {
    recursive: true,
    dereference: true,
    filter: (path) => basename(path) !== '.helmignore',
  });
  change(join(stage, 'Chart.yaml'), [
    [/^version: .*$/m, `version: ${version}`],
    [/^appVersion: .*$/m, `appVersion: ${version}`],
    [`image: ${publishedImage}:`, `image: ${image ?? publishedImage}:`],
  ]);
  if (image !== undefined) {
    change(join(stage, 'values.yaml'), [[/^ {2}repository: .*$/m, `  repository: ${image}`]]);
  }
  settle(stage);
  const tarball = join(folder, `kubesentiment-${version}.tgz`);
  const command =
    'tar --sort=name --owner=0 --group=0 --numeric-owner -C "$0" -cf - kubesentiment | gzip -9n > "$1"';
  execFileSync('sh', ['-c', command, folder, tarball]);
  return tarball;
}

/** Replaces each pattern in a file, where it has to be. */
function change(path, replacements) {
  let text = readFileSync(path, 'utf8');
  for (const [pattern, replacement] of replacements) {
    if (typeof pattern === 'string' ? !text.includes(pattern) : !pattern.test(text))
      throw new StepError('chart', `${path} has no ${pattern}`, 'see scripts/package-chart.mjs');
    text = text.replace(pattern, replacement);
  }
  writeFileSync(path, text);
}

if (process.argv[1] === import.meta.filename) {
  const { values } = parseArgs({ options: { image: { type: 'string' } } });
  await exitOnStepError(() => console.log(packageChart({ image: values.image })));
}
