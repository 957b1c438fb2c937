/** The package on other CPUs: rows of `npm run check:cpus`. */
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { packPackage } from '../pack.mjs';
import { emulatedNode, emulator } from './emulator.mjs';
import { fetchNode } from './fetch-node.mjs';
import { nodeOfAbi } from './package-bindings.mjs';
import { expect } from './package-checks.mjs';
import { works } from './package-managers.mjs';
import { Project } from './package-project.mjs';
import { root } from './run.mjs';
import { targetOf } from './target.mjs';

const rows = [
  { name: 'package, x64 without AVX', arch: 'x64', model: 'Nehalem', version: '22' },
  ...Object.values(nodeOfAbi).map((version) => ({
    name: `package, arm64, Node ${version}`,
    arch: 'arm64',
    version,
  })),
];

/**
 * Kernels of ONNX Runtime for other CPUs add in another order. x64 without AVX differs by 1.2e-7, arm64 by 4.1e-7
 * (docs/adr/0052-arm64-and-musl.md).
 */
const SCORE_DIFFERENCE_MAX = 1e-5;

/** Resolves with the project in which the package is installed, by npm, as on any machine. */
export async function checkEmulatedPackage(checks, folder) {
  const { path } = packPackage({ folder: join(folder, 'pack') });
  const project = new Project(join(folder, 'project'), process.execPath);
  project.npm('install', '--ignore-scripts', path);
  const expected = scoresOf(project);
  for (const { name, arch, model, version } of rows) {
    await checks.check(name, async () => {
      const target = targetOf(arch);
      const node = await fetchNode(version, arch);
      const command = await emulator(target, model);
      project.useNode(emulatedNode(node, command, `${target.platform}-${version}-${model ?? 'any'}`));
      works(project);
      const difference = largestDifference(expected, scoresOf(project));
      console.log(`  largest difference of a score: ${difference.toExponential(1)}`);
      expect(difference <= SCORE_DIFFERENCE_MAX, `more than ${SCORE_DIFFERENCE_MAX}`);
    });
  }
  project.useNode(process.execPath);
  return project;
}

/** Model → the label of each of some texts, and its score. */
function scoresOf(project) {
  cpSync(join(root, 'scripts/package/scores.mjs'), join(project.folder, 'scores.mjs'));
  return JSON.parse(project.node('scores.mjs'));
}

function largestDifference(expected, found) {
  const differences = Object.keys(expected).flatMap((model) =>
    expected[model].map(({ label, score }, index) => {
      const other = found[model][index];
      expect(label === other.label, `${model}: ${other.label} ${other.score} instead of ${label} ${score}`);
      return Math.abs(score - other.score);
    }),
  );
  return Math.max(...differences);
}
