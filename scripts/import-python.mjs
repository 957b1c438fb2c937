/**
 * Makes the Python environment with which the tests of `kubesentiment model import` rewrite graphs, in .cache/tools.
 * Without it they are skipped, by name.
 *
 *   node scripts/import-python.mjs
 */
import { pythonEnv } from './lib/python-env.mjs';
import { ToolMissing } from './lib/tool-missing.mjs';

/** Those that the tests have been run with; scripts/model-import/requirements.txt says which are enough. */
const packages = ['numpy==2.4.6', 'onnx==1.23.2', 'onnxruntime==1.32.0', 'sympy==1.14.0'];

try {
  console.log(`${pythonEnv('import-python', packages, 'onnx and onnxruntime for Python')}/python`);
} catch (error) {
  if (!(error instanceof ToolMissing)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
