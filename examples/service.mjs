// The service in ten lines: reads requests, writes results back, exactly once, until SIGTERM.
// KAFKA_BOOTSTRAP_SERVERS=localhost:9092 UV_THREADPOOL_SIZE=16 node service.mjs
import { HighThroughputKafkaConsumer } from 'kubesentiment';

const stopping = new AbortController();
process.once('SIGTERM', () => stopping.abort());
const consumer = new HighThroughputKafkaConsumer({ env: process.env });
const results = consumer.results();
await consumer.start({ signal: stopping.signal });
for await (const messages of results) console.log(`${messages.length} results written`);
await consumer.stop(); // waits for the end of the drain
