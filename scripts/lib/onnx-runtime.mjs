/** ONNX Runtime's library for the package, where that in npm has more in it than computes on CPUs. */
import { copyFileSync, existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { checkGlibc } from './glibc.mjs';
import { remedyFor } from './remedies.mjs';
import { root, runStep } from './run.mjs';

/** Its name, in `prebuilds/` as in onnxruntime-node. */
export const ONNX_RUNTIME = 'libonnxruntime.so.1';

/**
 * For x64, npm's library can also compute with WebGPU: it is 17 MB larger than that of the same release in PyPI, which
 * is otherwise the same. Puts the latter into `prebuilds/`. Rejects with a `StepError`.
 */
export async function prebuildOnnxRuntime({ arch, cpu, platform }) {
  if (arch !== 'x64') return;
  const { version } = JSON.parse(
    readFileSync(join(root, 'node_modules/onnxruntime-node/package.json'), 'utf8'),
  );
  const folder = join(root, '.cache/onnxruntime', version);
  const library = join(folder, `onnxruntime/capi/libonnxruntime.so.${version}`);
  if (!existsSync(library)) {
    // The wheels for one version of Python are enough: this library does not depend on it.
    const pip = ['-m', 'pip', 'install', '--quiet', '--no-deps', '--only-binary=:all:', '--target', folder];
    const what = ['--python-version=3.12', `--platform=manylinux_2_28_${cpu}`, `onnxruntime==${version}`];
    await runStep('ONNX Runtime', [process.env.PYTHON ?? 'python3', ...pip, ...what], { remedy: remedyFor });
  }
  const glibc = checkGlibc('ONNX Runtime', library);
  const path = join('prebuilds', platform, ONNX_RUNTIME);
  mkdirSync(join(root, 'prebuilds', platform), { recursive: true });
  copyFileSync(library, join(root, path));
  console.log(`${path}: ${Math.round(statSync(library).size / 1024)} KiB, glibc ${glibc} or later`);
}
