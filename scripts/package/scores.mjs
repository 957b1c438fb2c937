/** Run in a project by `npm run check:cpus`: what the models of the package make of some texts, as JSON. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { StreamProcessor } from 'kubesentiment/predict';

const require = createRequire(join(process.cwd(), 'package.json'));
const folder = dirname(require.resolve('kubesentiment/package.json'));
const texts = [
  'a warm and funny film',
  'I hate this terrible film',
  'it is neither good nor bad',
  'the plot is thin, but the actors save it',
  'not one of the better sequels, and yet I laughed',
  'The soup was cold and the waiter rude. We shall not come back.',
  'ok',
  'Größe und Schönheit, überall!',
  `It begins slowly ${'and goes on slowly '.repeat(40)}and ends well.`,
  '',
];
const scores = {};
for (const name of ['default', 'accurate', 'general', 'tiny']) {
  const processor = await StreamProcessor.create({ model: join(folder, 'models', name), threads: 1 });
  scores[name] = (await processor.predict(texts)).map(({ label, score }) => ({ label, score }));
  await processor.close();
}
console.log(JSON.stringify(scores));
