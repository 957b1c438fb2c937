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
 * Kafka Streams for the chaos harness: writes one result for each request and names the request in it. Everything is
 * left at its default except the processing guarantee (exactly_once_v2, or the first argument) and the timeouts that
 * the harness asks for.
 */
public final class ReadProcessWrite {
  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(30);

  public static void main(String[] args) throws InterruptedException {
    Map<String, String> env = System.getenv();
    String guarantee = args.length > 0 ? args[0] : StreamsConfig.EXACTLY_ONCE_V2;
    KafkaStreams streams =
        new KafkaStreams(
            topology(env.get("CHAOS_REQUESTS_TOPIC"), env.get("CHAOS_RESULTS_TOPIC")),
            properties(env, guarantee));
    CountDownLatch failed = new CountDownLatch(1);
    streams.setStateListener(
        (now, before) -> {
          System.out.println("state " + now);
          if (now == State.ERROR) failed.countDown();
        });
    // A JVM exits with 143 after SIGTERM even when it has closed cleanly; halt reports how it went.
    Runtime.getRuntime()
        .addShutdownHook(new Thread(() -> Runtime.getRuntime().halt(streams.close(CLOSE_TIMEOUT) ? 0 : 1)));
    streams.start();
    failed.await(); // the harness restarts it, as an orchestrator would
    streams.close(CLOSE_TIMEOUT);
    Runtime.getRuntime().halt(1);
  }

  private static Topology topology(String requests, String results) {
    return new Topology()
        .addSource("requests", new ByteArrayDeserializer(), new ByteArrayDeserializer(), requests)
        .addProcessor("process", NameOrigin::new, "requests")
        .addSink("results", results, new ByteArraySerializer(), new ByteArraySerializer(), "process");
  }

  private static Properties properties(Map<String, String> env, String guarantee) {
    int sessionMs = Integer.parseInt(env.get("CHAOS_SESSION_TIMEOUT_MS"));
    String instance = env.get("CHAOS_GROUP_INSTANCE_ID");
    Properties properties = new Properties();
    properties.put(StreamsConfig.APPLICATION_ID_CONFIG, env.get("CHAOS_GROUP"));
    properties.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, env.get("CHAOS_BOOTSTRAP_SERVERS"));
    properties.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, guarantee);
    properties.put(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG, sessionMs);
    properties.put(ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG, sessionMs / 3);
    // Partitions are added during the run; by default it would look for new ones every five minutes.
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
