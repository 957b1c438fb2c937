// Predictions over HTTP, without Kafka. Needs `npm install fastify`.
// PORT=3000 node web-app.mjs; curl -d '{"texts":["a joy"]}' -H 'content-type: application/json' localhost:3000/predict
import fastify from 'fastify';
import { StreamProcessor } from 'kubesentiment/predict';

const processor = await StreamProcessor.create();
const app = fastify();
app.addHook('onClose', () => processor.close());

const texts = { type: 'array', items: { type: 'string' }, minItems: 1, maxItems: 100 };
const body = { type: 'object', required: ['texts'], properties: { texts } };
app.post('/predict', { schema: { body } }, (request) => processor.predict(request.body.texts));

for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => app.close());
console.log(await app.listen({ port: Number(process.env.PORT ?? 3000) }));
