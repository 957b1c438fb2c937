/** A project of somebody who installs the package, for `npm run check:package`. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { firstLine, npmCommand } from './run.mjs';

/** What the starters of commands that package managers write need; there is no compiler and no Python among it. */
const programs = ['sh', 'basename', 'dirname', 'sed', 'uname'];

export class Project {
  /** Empty at first; once something is installed, it holds package.json and node_modules. */
  folder;
  /** The only folder on the PATH. */
  bin;
  #node;

  /** An empty project in `folder`, run by the binary `node`. */
  constructor(folder, node) {
    this.folder = folder;
    this.bin = `${folder}.bin`;
    this.#node = node;
    for (const path of [folder, this.bin]) mkdirSync(path, { recursive: true });
    for (const program of programs) {
      const path = firstLine('sh', ['-c', `command -v ${program}`]);
      if (path !== undefined) symlinkSync(realpathSync(path), join(this.bin, program));
    }
    this.useNode(node);
  }

  useNode(node) {
    this.#node = node;
    rmSync(join(this.bin, 'node'), { force: true });
    symlinkSync(node, join(this.bin, 'node'));
  }

  write(name, text) {
    writeFileSync(join(this.folder, name), text);
  }

  path(...names) {
    return join(this.folder, 'node_modules', ...names);
  }

  /** Forgets what is installed. */
  empty() {
    for (const name of readdirSync(this.folder))
      rmSync(join(this.folder, name), { recursive: true, force: true });
  }

  /** What a program of the project says on both streams. Throws what it says if it fails. */
  node(...args) {
    return said(this.#spawn(args, { PATH: this.bin }));
  }

  /** The command `kubesentiment`, as npx finds it. */
  command(...args) {
    return said(this.tryCommand(...args));
  }

  /** The same, for one that is expected to fail. */
  tryCommand(...args) {
    return spawnSync(this.path('.bin/kubesentiment'), args, {
      cwd: this.folder,
      encoding: 'utf8',
      env: { PATH: this.bin },
    });
  }

  npm(...args) {
    return this.manager([
      npmScript(),
      ...args,
      '--loglevel=error',
      '--no-audit',
      '--no-fund',
      '--prefer-offline',
    ]);
  }

  npx(...args) {
    return this.manager([join(npmScript(), '../npx-cli.js'), '--no', '--', ...args]);
  }

  /** A package manager, given by the path of its program, run by the project's Node. */
  manager(args, env = {}) {
    return said(
      this.#spawn(args, {
        ...process.env,
        ...env,
        PATH: this.bin,
        NODE_OPTIONS: '',
        npm_config_prefix: dirname(this.bin),
      }),
    );
  }

  #spawn(args, env) {
    return spawnSync(this.#node, args, { cwd: this.folder, encoding: 'utf8', env, maxBuffer: 2 ** 26 });
  }
}

function npmScript() {
  return npmCommand()[1] ?? realpathSync(firstLine('sh', ['-c', 'command -v npm']) ?? 'npm');
}

function said({ status, signal, stdout, stderr, error }) {
  const output = `${stdout}${stderr}`;
  if (status !== 0) throw new Error(`${error?.message ?? `exit ${status ?? signal}`}\n${output}`);
  return output;
}
