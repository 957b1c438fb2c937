import { resolve } from 'node:path';

/** The repository root, seen from dist/test/helpers. */
export const root = resolve(import.meta.dirname, '../../..');
