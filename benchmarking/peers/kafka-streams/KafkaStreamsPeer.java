import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.KafkaStreams.State;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;

/**
 * The job in Kafka Streams, exactly once. Arguments: bootstrap servers, topic, results topic, application id, model
 * directory, commit interval in milliseconds, and any further properties of Streams as NAME=VALUE. Ends on SIGTERM.
 */
public final class KafkaStreamsPeer {
  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(30);
  private static final int ARGUMENTS = 6;

  public static void main(String[] args) throws Exception {
    Classifier classifier = new Classifier(Path.of(args[4]));
    KafkaStreams streams = new KafkaStreams(topology(args[1], args[2], classifier), properties(args));
    CountDownLatch failed = new CountDownLatch(1);
    streams.setStateListener(
        (now, before) -> {
          if (now == State.ERROR) failed.countDown();
        });
    // A JVM exits with 143 after SIGTERM even when it has closed cleanly; halt reports how it went.
    Runtime.getRuntime()
        .addShutdownHook(new Thread(() -> Runtime.getRuntime().halt(streams.close(CLOSE_TIMEOUT) ? 0 : 1)));
    streams.start();
    failed.await();
    streams.close(CLOSE_TIMEOUT);
    Runtime.getRuntime().halt(1);
  }

  private static Topology topology(String requests, String results, Classifier classifier) {
    return new Topology()
        .addSource("requests", new ByteArrayDeserializer(), new ByteArrayDeserializer(), requests)
        .addProcessor("classify", () -> new ClassifyProcessor(classifier), "requests")
        .addStateStore(FlushBeforeCommit.builder(ClassifyProcessor.STORE), "classify")
        .addSink("results", results, new ByteArraySerializer(), new ByteArraySerializer(), "classify");
  }

  private static Properties properties(String[] args) {
    Properties properties = new Properties();
    properties.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, args[0]);
    properties.put(StreamsConfig.APPLICATION_ID_CONFIG, args[3]);
    properties.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
    properties.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, Runtime.getRuntime().availableProcessors());
    properties.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, args[5]);
    // A thread that waits for records does not commit meanwhile.
    properties.put(StreamsConfig.POLL_MS_CONFIG, args[5]);
    properties.put(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, 20);
    properties.put(ProducerConfig.LINGER_MS_CONFIG, 5);
    properties.put(ProducerConfig.COMPRESSION_TYPE_CONFIG, "lz4");
    Arrays.stream(args)
        .skip(ARGUMENTS)
        .map(setting -> setting.split("=", 2))
        .forEach(setting -> properties.put(setting[0], setting[1]));
    return properties;
  }
}
