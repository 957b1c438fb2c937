'use strict';
// A part of the packed node-rdkafka: where its binding for this platform and version of Node is, if the package has it.
const { closeSync, openSync, readSync } = require('node:fs');
const { join } = require('node:path');

/** Node's own file names the C library that it was linked with, near its beginning. */
function usesMusl() {
  if (process.platform !== 'linux') return false;
  const head = Buffer.alloc(4096);
  const file = openSync(process.execPath, 'r');
  try {
    readSync(file, head, 0, head.length, 0);
  } finally {
    closeSync(file);
  }
  return head.includes('/ld-musl-');
}

const platform = `${process.platform}-${process.arch}${usesMusl() ? '-musl' : ''}`;

exports.path = join(
  __dirname,
  '../../prebuilds',
  platform,
  'rdkafka',
  `node-${process.versions.modules}.node`,
);
