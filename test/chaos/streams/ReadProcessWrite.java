import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.KafkaStreams.State;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.Record;

/**
 * Kafka Streams with exactly_once_v2, for the chaos harness: for each request one result that names it. What Streams
 * does by default it does here; only the times of the group are those of the harness.
 */
public final class ReadProcessWrite {
  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(30);

  public static void main(String[] args) throws InterruptedException {
    Map<String, String> env = System.getenv();
    KafkaStreams streams =
        new KafkaStreams(
            topology(env.get("CHAOS_REQUESTS_TOPIC"), env.get("CHAOS_RESULTS_TOPIC")), properties(env));
    CountDownLatch failed = new CountDownLatch(1);
    streams.setStateListener(
        (now, before) -> {
          System.out.println("state " + now);
          if (now == State.ERROR) failed.countDown();
        });
    // After SIGTERM a JVM ends with 143, however well it has closed; halt says how it went.
    Runtime.getRuntime()
        .addShutdownHook(new Thread(() -> Runtime.getRuntime().halt(streams.close(CLOSE_TIMEOUT) ? 0 : 1)));
    streams.start();
    failed.await(); // the harness starts it again, as an orchestrator would
    streams.close(CLOSE_TIMEOUT);
    Runtime.getRuntime().halt(1);
  }

  private static Topology topology(String requests, String results) {
    return new Topology()
        .addSource("requests", new ByteArrayDeserializer(), new ByteArrayDeserializer(), requests)
        .addProcessor("process", NameOrigin::new, "requests")
        .addSink("results", results, new ByteArraySerializer(), new ByteArraySerializer(), "process");
  }

  private static Properties properties(Map<String, String> env) {
    int sessionMs = Integer.parseInt(env.get("CHAOS_SESSION_TIMEOUT_MS"));
    String instance = env.get("CHAOS_GROUP_INSTANCE_ID");
    Properties properties = new Properties();
    properties.put(StreamsConfig.APPLICATION_ID_CONFIG, env.get("CHAOS_GROUP"));
    properties.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, env.get("CHAOS_BOOTSTRAP_SERVERS"));
    properties.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
    properties.put(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG, sessionMs);
    properties.put(ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG, sessionMs / 3);
    // Partitions are added while it runs; by default it would look for them every five minutes.
    properties.put(ConsumerConfig.METADATA_MAX_AGE_CONFIG, 2_000);
    if (!instance.isEmpty()) properties.put(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG, instance);
    return properties;
  }

  private static final class NameOrigin extends ContextualProcessor<byte[], byte[], byte[], byte[]> {
    @Override
    public void process(Record<byte[], byte[]> request) {
      var from = context().recordMetadata().orElseThrow();
      int bytes = request.value() == null ? 0 : request.value().length;
      String result =
          String.format(
              "{\"source\":{\"topic\":\"%s\",\"partition\":%d,\"offset\":%d},\"bytes\":%d}",
              from.topic(), from.partition(), from.offset(), bytes);
      context().forward(request.withValue(result.getBytes(StandardCharsets.UTF_8)));
    }
  }
}
