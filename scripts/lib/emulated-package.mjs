/** The package on other CPUs: rows of `npm run check:cpus`. */
import { join, resolve } from 'node:path';
import { packPackage } from '../pack.mjs';
import { emulatedNode, emulator } from './emulator.mjs';
import { fetchNode } from './fetch-node.mjs';
import { nodeOfAbi } from './package-bindings.mjs';
import { expect } from './package-checks.mjs';
import { works } from './package-managers.mjs';
import { Project } from './package-project.mjs';
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
 * Kernels of ONNX Runtime for other CPUs add in another order: that moves a score by less than 1e-6. Where a value lies
 * on the edge between two steps of int8, its last bit moves a whole step, and the score by up to 0.032, in one of ten
 * answers of `accurate` (`test/parity/rounding_edges.py`, docs/adr/0052-arm64-and-musl.md). A kernel that computes
 * something else moves most scores.
 */
const SCORE_SAME = 1e-5;
const SHARE_MOVED_MAX = 0.12;
const SCORE_DIFFERENCE_MAX = 0.035;
/** An emulated batch takes longer than a service waits for one, and emulated threads stand still for longer. */
export const patience = { 'kafka.processing_timeout_ms': 1_800_000, 'kafka.watchdog_timeout_ms': 0 };

const models = ['default', 'accurate', 'general', 'tiny'];
const texts = [
  'a warm and funny film',
  'I hate this terrible film',
  'it is neither good nor bad',
  'the plot is thin, but the actors save it',
  'not one of the better sequels, and yet I laughed',
  'The soup was cold and the waiter rude. We shall not come back.',
  'ok',
  'Größe und Schönheit, überall!',
  `It begins slowly ${'and goes on slowly '.repeat(40)}and ends well.`,
  '',
];

/** Returns a project in which the package is installed, by npm, as on any machine. */
export function installPackage(folder, tarball) {
  const path = tarball === undefined ? packPackage({ folder: join(folder, 'pack') }).path : resolve(tarball);
  const project = new Project(join(folder, 'project'), process.execPath);
  project.npm('install', '--ignore-scripts', path);
  return project;
}

/** `installed` returns the project. */
export async function checkEmulatedPackage(checks, installed) {
  let expected;
  for (const { name, arch, model, version } of rows) {
    await checks.check(name, async () => {
      const project = installed();
      expected ??= scoresOf(project, exactAnswersOf);
      const target = targetOf(arch);
      const node = await fetchNode(version, arch);
      const command = await emulator(target, model);
      project.useNode(emulatedNode(node, command, `${target.platform}-${version}-${model ?? 'any'}`));
      try {
        const node = project.node('--version').trim();
        works(project, ...settingsOf(patience));
        return { node, ...differencesOf(expected, scoresOf(project, answersOf)) };
      } finally {
        project.useNode(process.execPath);
      }
    });
  }
}

export const settingsOf = (settings) =>
  Object.entries(settings).flatMap(([key, value]) => ['--set', `${key}=${value}`]);

/** Model → the label of each of some texts, and its score. */
const scoresOf = (project, ask) => models.flatMap((name) => ask(project, name, texts));

/** Answers of a model of the package. */
function answersOf(project, model, texts, preload = []) {
  const words = ['predict', '--json', '--model', project.path('kubesentiment/models', model)];
  return project
    .node(
      ...preload,
      project.path('kubesentiment/bin/kubesentiment.cjs'),
      ...words,
      ...settingsOf(patience),
      ...texts,
    )
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));
}

/** What every CPU should answer: this one, with products that do not saturate. */
export const exactAnswersOf = (project, model, texts) =>
  answersOf(project, model, texts, ['--require', join(import.meta.dirname, 'exact-products.cjs')]);

/** Between answers to the same texts. Throws where a label is another, or the scores differ by too much. */
export function differencesOf(expected, found) {
  expect(found.length === expected.length, `${found.length} answers instead of ${expected.length}`);
  const differences = expected.map(({ label, score }, index) => {
    const other = found[index];
    expect(label === other.label, `${other.label} ${other.score} instead of ${label} ${score}`);
    return Math.abs(score - other.score);
  });
  const largest = Math.max(...differences);
  const moved = differences.filter((difference) => difference > SCORE_SAME).length;
  console.log(`  ${moved} of ${differences.length} scores moved, the largest by ${largest.toExponential(1)}`);
  expect(largest <= SCORE_DIFFERENCE_MAX, `a score differs by ${largest}, more than ${SCORE_DIFFERENCE_MAX}`);
  expect(moved <= SHARE_MOVED_MAX * differences.length, `${moved} of ${differences.length} scores differ`);
  return { scores: differences.length, moved, largest_difference: largest };
}
