import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './paths.ts';

/** A Python with what `model import` needs, made by `node scripts/import-python.mjs`. */
export const importPython = join(root, '.cache/tools/import-python/bin/python');

/** The reason for skipping a test, or false. */
export const noImportPython: string | false =
  existsSync(importPython) && existsSync(join(root, '.cache/tools/import-python/packages.txt'))
    ? false
    : 'no Python with onnx and onnxruntime; node scripts/import-python.mjs';
