/** Run in a project by `npm run check:package`: which client of Kafka is loaded, and what it can do. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

const require = createRequire(join(process.cwd(), 'package.json'));
const folder = dirname(require.resolve('kubesentiment/package.json'));
const at = (path) => import(pathToFileURL(join(folder, 'dist/src/kafka', path)).href);
const { isPatched, rdkafkaPlace } = await at('rdkafka-module.js');
const { librdkafkaFeatures, librdkafkaVersion } = await at('version.js');

const version = librdkafkaVersion();
const loaded = readFileSync('/proc/self/maps', 'utf8')
  .split('\n')
  .map((line) => line.slice(line.indexOf('/')))
  .filter((path) => /rdkafka/.test(path));
console.log(
  JSON.stringify({
    folder,
    kind: rdkafkaPlace().kind,
    patched: isPatched(),
    version,
    features: librdkafkaFeatures(),
    loaded: [...new Set(loaded)],
  }),
);
