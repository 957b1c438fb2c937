import { basename } from 'node:path';
import { KubesentimentError } from '../errors.ts';

const EXPORT =
  'Use a Hugging Face directory for text classification, exported to ONNX: ' +
  '"optimum-cli export onnx --model NAME --task text-classification DIR".';

/** `what` goes on the sentence that begins with the name of the directory. */
export function invalid(root: string, what: string, more: { remedy?: string; cause?: unknown } = {}) {
  return new KubesentimentError('KS_MODEL_INVALID', `The model directory "${basename(root)}" ${what}.`, {
    remedy: more.remedy ?? EXPORT,
    cause: more.cause,
  });
}

/** Two files that give different token ids: a setting `name` of tokenizer_config.json, and tokenizer.json at `path`. */
export function contradiction(root: string, name: string, set: unknown, path: string, found: unknown) {
  const values = [set, found].map((value) => JSON.stringify(value));
  return invalid(
    root,
    `says ${name} ${values[0]} in tokenizer_config.json, but ${values[1]} in tokenizer.json (${path})`,
    {
      remedy:
        'They give different token ids: transformers follows tokenizer_config.json, the library tokenizers reads ' +
        'tokenizer.json alone. Change the file with which the model was not trained.',
    },
  );
}
