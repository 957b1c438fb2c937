/** Tracing that is off costs nothing: no file of it, and nothing of OpenTelemetry, is even loaded. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig } from '../../../src/config/load.ts';
import { createLogger } from '../../../src/log.ts';
import { Exemplars } from '../../../src/metrics/exemplars.ts';
import { createTraceParts } from '../../../src/service/trace-parts.ts';
import { SlotTable } from '../../../src/slots.ts';
import { projectFiles } from '../../helpers/source-tree.ts';

test('nothing outside of src/tracing imports it when it is loaded itself', () => {
  const statically = /^(?:import|export)(?! type).* from '(?:\.{1,2}\/tracing\/|@opentelemetry\/)/m;
  const found = projectFiles()
    .filter(({ path, text }) => /^src\/(?!tracing\/).*\.ts$/.test(path) && statically.test(text))
    .map(({ path }) => path);
  assert.deepEqual(found, []);
});

test('off is the default, and makes no parts', async () => {
  const { config } = loadConfig();
  assert.equal(config.tracing.exporter, 'none');
  const logger = createLogger(config.logging);
  assert.equal(await createTraceParts(config, new SlotTable(1), new Exemplars(), logger), undefined);
});
