import { cpSync, mkdtempSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../test/helpers/paths.ts';

/** A link that leads to one of two copies of a model, which differ in the names of their labels. */
export class ExchangedModels {
  readonly path: string;
  readonly #folder: string;
  #which = 0;

  constructor(folder: string, model = 'models/default') {
    this.#folder = mkdtempSync(join(folder, 'models-'));
    this.path = join(this.#folder, 'current');
    for (const [which, labels] of [
      ['NEGATIVE', 'POSITIVE'],
      ['DOWN', 'UP'],
    ].entries()) {
      const directory = join(this.#folder, String(which));
      cpSync(join(root, model), directory, { recursive: true });
      const file = join(directory, 'config.json');
      const config = JSON.parse(readFileSync(file, 'utf8')) as object;
      const id2label = Object.fromEntries(labels.entries());
      writeFileSync(file, JSON.stringify({ ...config, id2label, label2id: undefined }));
    }
    symlinkSync(join(this.#folder, '0'), this.path);
  }

  exchange(): void {
    this.#which = 1 - this.#which;
    symlinkSync(join(this.#folder, String(this.#which)), `${this.path}.new`);
    renameSync(`${this.path}.new`, this.path);
  }
}
