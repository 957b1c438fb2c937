/** A model that fails on texts with "broken", and takes long for texts with many times "slow". */
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './paths.ts';

export const faultyOnnxPath = join(root, 'test/fixtures/faulty-model/model.onnx');

/** Makes the folder a model directory, and returns it. */
export function makeFaultyModel(folder: string): string {
  for (const file of ['config.json', 'tokenizer.json', 'tokenizer_config.json']) {
    copyFileSync(join(root, 'models/accurate', file), join(folder, file));
  }
  copyFileSync(faultyOnnxPath, join(folder, 'model.onnx'));
  return folder;
}
