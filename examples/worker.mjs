// Handles the results itself: here it prints texts that are negative with high confidence, and dead letters.
// KAFKA_BOOTSTRAP_SERVERS=localhost:9092 UV_THREADPOOL_SIZE=16 node worker.mjs
import { HighThroughputKafkaConsumer } from 'kubesentiment';

const consumer = new HighThroughputKafkaConsumer({
  settings: { kafka: { consumer_group: 'alerts' }, logging: { level: 'warn' } },
  env: process.env,
});
const stopping = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => stopping.abort());

const results = consumer.results();
try {
  await consumer.start({ signal: stopping.signal });
  for await (const messages of results) {
    for (const { topic, partition, offset, label, score, errorType } of messages) {
      const place = `${topic}/${partition}/${offset}`;
      if (errorType !== undefined) console.log(`dead letter ${place}: ${errorType}`);
      else if (label === 'NEGATIVE' && score > 0.9) console.log(`alert ${place}: ${score.toFixed(3)}`);
    }
  }
} catch (error) {
  console.error(`${error.message} ${error.remedy ?? ''}`); // the start, or the consumer, has failed
  process.exitCode = 1;
} finally {
  await consumer.stop();
  if (results.dropped > 0)
    console.error(`${results.dropped} results were not looked at: the loop was too slow`);
}
