/** Preloaded into another version of Node: redirects `node-rdkafka`, and its files, to the copy compiled for it. */
import { registerHooks } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

const main = process.env.KUBESENTIMENT_TEST_RDKAFKA;
const copy = dirname(dirname(main));

registerHooks({
  resolve: (specifier, context, next) =>
    /^node-rdkafka(\/|$)/.test(specifier)
      ? { ...placeOf(specifier), shortCircuit: true }
      : next(specifier, context),
});

function placeOf(specifier) {
  const file = specifier.slice('node-rdkafka/'.length);
  return { url: pathToFileURL(file === '' ? main : join(copy, file)).href, format: 'commonjs' };
}
