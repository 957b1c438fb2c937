/** `npm start`: the set-up, then the demo. Takes the arguments of `kubesentiment demo`. */
import { join } from 'node:path';
import { runForeground } from './lib/foreground.mjs';
import { root } from './lib/run.mjs';
import { ensureSetup, exitOnStepError } from './setup.mjs';

await exitOnStepError(ensureSetup);
const entry = join(root, 'bin/kubesentiment.cjs');
process.exitCode = await runForeground([process.execPath, entry, 'demo', ...process.argv.slice(2)]);
