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
