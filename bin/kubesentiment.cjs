#!/usr/bin/env node
'use strict';
// CommonJS on purpose: everything librdkafka does runs on the libuv pool, whose size is read once, at its first
// use. Loading an ES module can be that first use, so the variable is set here, before the first import.
process.env.UV_THREADPOOL_SIZE ??= '16';

const { existsSync } = require('node:fs');
const { join, resolve } = require('node:path');

if (!existsSync(join(__dirname, '../dist/src/cli/main.js'))) {
  console.error(`kubesentiment is not built yet. Run "npm run build" in ${resolve(__dirname, '..')}.`);
  process.exitCode = 1;
} else {
  import('../dist/src/cli/main.js')
    .then(async ({ main, endProcess }) => {
      process.exitCode = await main(process.argv.slice(2));
      // A call into librdkafka that hangs must not keep a finished command from ending; process.exit waits for it.
      setTimeout(() => endProcess(process.exitCode), 5_000).unref();
    })
    .catch((error) => {
      console.error(error);
      process.exitCode = 1;
    });
}
