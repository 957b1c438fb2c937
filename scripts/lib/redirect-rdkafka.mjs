/** Preloaded into another version of Node: redirects `node-rdkafka` to the copy compiled for it. */
import { registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';

const url = pathToFileURL(process.env.KUBESENTIMENT_TEST_RDKAFKA).href;

registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'node-rdkafka' ? { url, format: 'commonjs', shortCircuit: true } : next(specifier, context),
});
