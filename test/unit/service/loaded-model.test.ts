import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Worker } from 'node:worker_threads';
import { loadConfig } from '../../../src/config/load.ts';
import { readConfiguredModels, readConfiguredModelsAside } from '../../../src/predict/cascade-models.ts';
import { Preparation } from '../../../src/predict/preparation.ts';
import { LoadedModel } from '../../../src/service/loaded-model.ts';
import { SlotTable } from '../../../src/slots.ts';
import { filesOf, labels, temporaryFolder, writeFiles } from '../../models/directory.ts';
import { until } from '../../pipeline/rig.ts';

test('a shadow whose tokenizer cannot be used leaves no threads of the second model behind', async (t) => {
  const folder = temporaryFolder(t);
  const write = (name: string, tokenizer?: object): string =>
    writeFiles(join(folder, name), filesOf({}, labels, tokenizer && { 'tokenizer.json': tokenizer }));
  const { config } = loadConfig({
    overrides: {
      'model.path': write('first'),
      'model.cascade': JSON.stringify({ path: write('second'), below: 0.8 }),
      'model.shadow': JSON.stringify({ path: write('shadow', { model: { type: 'Nothing' } }), share: 1 }),
    },
  });
  let [begun, ended] = [0, 0];
  const count = (worker: Worker): void => {
    begun++;
    worker.once('exit', () => ended++);
  };
  process.on('worker', count);
  t.after(() => process.off('worker', count));
  const models = readConfiguredModels(config);
  const load = () => new LoadedModel({ config, table: new SlotTable(8), backend: undefined }, models, 1);
  assert.throws(load, { code: 'KS_MODEL_UNSUPPORTED' });
  await until('its threads have ended', () => begun > 0 && ended === begun, 10_000);
});

test('beside a model that works, no tokenizer is loaded in the main thread, with a canary neither', async (t) => {
  const folder = temporaryFolder(t);
  const [path, canary] = ['first', 'canary'].map((name) =>
    writeFiles(join(folder, name), filesOf({ positions: name === 'canary' }, labels)),
  ) as [string, string];
  const { config } = loadConfig({
    overrides: { 'model.path': path, 'model.canary': JSON.stringify({ path: canary, share: 0.5 }) },
  });
  const aside = await readConfiguredModelsAside(config);
  assert.ok(aside.models.canary !== undefined);
  const prepared = await Preparation.of(aside);
  for (const directory of [path, canary]) rmSync(join(directory, 'tokenizer.json'));
  const options = { config, table: new SlotTable(8), backend: undefined, prepared };
  const model = new LoadedModel(options, aside.models, 1);
  prepared.close();
  model.takeOver();
  await model.close();
});
