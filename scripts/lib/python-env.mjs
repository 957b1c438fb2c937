import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './run.mjs';
import { attempt } from './tool-missing.mjs';

/**
 * The `bin` folder of a Python environment of its own with these packages (`NAME==VERSION`), made if it is not there.
 * Throws `ToolMissing`, which mentions `what`.
 */
export function pythonEnv(name, packages, what) {
  const home = join(root, '.cache/tools', name);
  const complete = join(home, 'packages.txt');
  const wanted = packages.join('\n');
  if (!existsSync(complete) || readFileSync(complete, 'utf8') !== wanted) {
    attempt(what, () => {
      rmSync(home, { recursive: true, force: true });
      execFileSync('python3', ['-m', 'venv', home], { stdio: ['ignore', 'ignore', 'pipe'] });
      const install = ['-m', 'pip', '-q', 'install', '--only-binary', ':all:', ...packages];
      execFileSync(join(home, 'bin/python'), install, { stdio: ['ignore', 'ignore', 'pipe'] });
      writeFileSync(complete, wanted);
    });
  }
  return join(home, 'bin');
}
