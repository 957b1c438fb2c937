import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { KubesentimentError } from '../errors.ts';
import { invalid } from './model-error.ts';

/**
 * Refuses what is not the directory of a model, with the path that is probably meant. `given`: what the user wrote.
 * KS_MODEL_NOT_FOUND, KS_MODEL_INVALID
 */
export function checkDirectory(root: string, given: string): void {
  if (!existsSync(root)) throw notFound(`The model directory "${given}" does not exist.`);
  if (!statSync(root).isDirectory()) {
    throw notFound(
      `"${given}" is a file, not the directory of a model.`,
      `Set model.path to "${dirname(given)}", and model.file to "${basename(given)}".`,
    );
  }
  if (existsSync(join(root, 'config.json'))) return;
  const snapshot = snapshotOf(root);
  if (snapshot === undefined) return;
  throw invalid(
    root,
    'is what the Hugging Face cache keeps of a repository, with each version in a folder of its own',
    {
      remedy: `Set model.path to one of them, such as "${join(given, 'snapshots', snapshot)}".`,
    },
  );
}

/** The version that `main` meant when it was downloaded, else any. */
function snapshotOf(root: string): string | undefined {
  const folder = join(root, 'snapshots');
  if (!existsSync(folder) || !existsSync(join(root, 'blobs'))) return undefined;
  const main = join(root, 'refs', 'main');
  const wanted = existsSync(main) ? readFileSync(main, 'utf8').trim() : '';
  const names = readdirSync(folder).sort();
  return names.find((name) => name === wanted) ?? names[0];
}

function notFound(
  message: string,
  remedy = 'Set model.path to a Hugging Face directory with config.json, tokenizer.json and model.onnx.',
): KubesentimentError {
  return new KubesentimentError('KS_MODEL_NOT_FOUND', message, { remedy });
}
