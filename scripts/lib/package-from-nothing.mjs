/** What README promises: one command in an empty folder, and it runs. Rows of `npm run check:package`. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { expect } from './package-checks.mjs';
import { exactlyOnce } from './package-managers.mjs';
import { Project } from './package-project.mjs';
import { firstLine, root } from './run.mjs';

const name = 'an empty folder: npm install, then npx kubesentiment demo';

/** The tarball, and the package by its name, of a registry: npm unpacks a file twice, to see what is in it. */
export async function checkFromNothing(checks, { tarball, project }) {
  await checks.check(name, () => fromNothing(new Project(project('empty'), process.execPath), [tarball]));
  await checks.check(`${name}, of a registry`, async () => {
    const script = join(root, 'scripts/lib/local-registry.mjs');
    const upstream = firstLine('npm', ['config', 'get', 'registry']);
    const registry = spawn(process.execPath, [script, tarball, upstream], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    try {
      const [line] = await once(registry.stdout, 'data');
      const empty = new Project(project('empty-registry'), process.execPath);
      return fromNothing(empty, ['kubesentiment', `--registry=${String(line).trim()}`]);
    } finally {
      registry.stdin.end();
    }
  });
}

/**
 * How long the installation takes, and where, is printed; it depends on the machine. The first fills npm's cache.
 * Returns how long the others took.
 */
function fromNothing(project, words) {
  expect(readdirSync(project.folder).length === 0, 'the folder is not empty');
  const warm = [];
  for (const cache of ['as it was', 'warm', 'warm']) {
    project.empty();
    const startedAt = performance.now();
    project.npm('install', '--ignore-scripts', '--timing', `--logs-dir=${project.folder}.logs`, ...words);
    const ms = performance.now() - startedAt;
    if (cache === 'warm') warm.push(Math.round(ms));
    console.log(`  cache ${cache}: ${secondsOf(ms)} (${npmSteps(project)}), load ${loadavg()[0].toFixed(1)}`);
  }
  exactlyOnce(project.npx('kubesentiment', 'demo', '--messages', '200', '--set', 'http.port=0'));
  return { warm_ms: warm };
}

const secondsOf = (ms) => `${(ms / 1000).toFixed(1)} s`;

/** What npm says about its steps. */
function npmSteps({ folder }) {
  const logs = `${folder}.logs`;
  const file = readdirSync(logs)
    .filter((each) => each.endsWith('-timing.json'))
    .sort()
    .at(-1);
  const { timers } = JSON.parse(readFileSync(join(logs, file), 'utf8'));
  const steps = [
    ['resolved in', 'idealTree'],
    ['unpacked in', 'reify:unpack'],
  ];
  return steps
    .filter(([, timer]) => timers[timer] !== undefined)
    .map(([what, timer]) => `${what} ${secondsOf(timers[timer])}`)
    .join(', ');
}
