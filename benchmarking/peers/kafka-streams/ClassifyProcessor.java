import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.ObjectWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.internals.InternalProcessorContext;
import org.apache.kafka.streams.processor.internals.ProcessorNode;

/**
 * Collects the requests of one task and classifies them together: when there are enough, and at the latest before
 * Streams commits their offsets.
 */
final class ClassifyProcessor extends ContextualProcessor<byte[], byte[], byte[], byte[]> {
  static final String STORE = "before-commit";

  /** As many as the other peers take in a poll. */
  private static final int REQUESTS_MAX = 1_000;
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final ObjectReader READER = MAPPER.readerFor(Request.class);
  private static final ObjectWriter WRITER = MAPPER.writerFor(Result.class);

  private final Classifier classifier;
  private final List<Taken> taken = new ArrayList<>();

  ClassifyProcessor(Classifier classifier) {
    this.classifier = classifier;
  }

  @Override
  public void init(ProcessorContext<byte[], byte[]> context) {
    super.init(context);
    // A task that was rolled back is initialized again, and its requests are read again.
    taken.clear();
    // Before a commit no processor is the current one, and only the current one can forward.
    var internal = (InternalProcessorContext<?, ?>) context;
    ProcessorNode<?, ?, ?, ?> own = internal.currentNode();
    FlushBeforeCommit store = context.getStateStore(STORE);
    store.beforeCommit(
        () -> {
          ProcessorNode<?, ?, ?, ?> before = internal.currentNode();
          internal.setCurrentNode(own);
          try {
            classifyTaken();
          } finally {
            internal.setCurrentNode(before);
          }
        });
  }

  @Override
  public void process(Record<byte[], byte[]> record) {
    var from = context().recordMetadata().orElseThrow();
    Source source = new Source(from.topic(), from.partition(), from.offset());
    try {
      Request request = READER.readValue(record.value());
      taken.add(new Taken(record, request, source, System.currentTimeMillis()));
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
    if (taken.size() == REQUESTS_MAX) classifyTaken();
  }

  private void classifyTaken() {
    if (taken.isEmpty()) return;
    List<Classifier.Prediction> found =
        classifier.classify(taken.stream().map(each -> each.request.text).toList());
    for (int i = 0; i < taken.size(); i++) {
      Taken each = taken.get(i);
      context().forward(each.record.withValue(resultOf(each, found.get(i))));
    }
    taken.clear();
  }

  private static byte[] resultOf(Taken taken, Classifier.Prediction prediction) {
    long now = System.currentTimeMillis();
    Request request = taken.request;
    Result result =
        new Result(
            request.id,
            prediction.label(),
            prediction.score(),
            taken.source,
            request.timestamp,
            now,
            now - taken.atMs);
    try {
      return WRITER.writeValueAsBytes(result);
    } catch (JsonProcessingException error) {
      throw new UncheckedIOException(error);
    }
  }

  private record Taken(Record<byte[], byte[]> record, Request request, Source source, long atMs) {}

  @JsonIgnoreProperties(ignoreUnknown = true)
  record Request(String id, String text, long timestamp) {}

  record Source(String topic, int partition, long offset) {}

  /** In the order, and with the names, of the JSON. */
  record Result(
      String id,
      String label,
      double score,
      Source source,
      long timestamp,
      long processed_at,
      long latency_ms) {}
}
