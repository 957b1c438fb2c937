/** A service with a fault in its native code, as `stand-still.ts` makes it. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './paths.ts';
import { type ServiceProcess, type Settings, startService } from './service-process.ts';

const hook = pathToFileURL(join(root, 'dist/test/helpers/stand-still.js')).href;

/** Its event loop stands still at the texts of `stand-still.ts`. `pipe`: see there. */
export function startFaulty(settings: Settings, pipe = ''): ServiceProcess {
  return startService(settings, { NODE_OPTIONS: `--import ${hook}`, KUBESENTIMENT_STAND_STILL: pipe });
}
