import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.LongBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Tokens and model, shared by all threads: rows sorted by length, one run for each 64. */
final class Classifier {
  private static final int ROWS = 64;
  private static final int TOKENS_MAX = 128;

  record Prediction(String label, double score) {}

  private final OrtEnvironment environment = OrtEnvironment.getEnvironment();
  private final OrtSession session;
  private final HuggingFaceTokenizer tokenizer;
  private final String[] labels;
  private final long pad;

  Classifier(Path directory) throws IOException, OrtException {
    OrtSession.SessionOptions options = new OrtSession.SessionOptions();
    // Each thread of Streams runs the model itself; there are as many as cores.
    options.setIntraOpNumThreads(1);
    session = environment.createSession(directory.resolve("model.onnx").toString(), options);
    tokenizer =
        HuggingFaceTokenizer.builder()
            .optTokenizerPath(directory.resolve("tokenizer.json"))
            .optTruncation(true)
            .optMaxLength(TOKENS_MAX)
            .optPadding(false)
            .build();
    JsonNode config = new ObjectMapper().readTree(directory.resolve("config.json").toFile());
    JsonNode names = config.get("id2label");
    labels =
        IntStream.range(0, names.size())
            .mapToObj(i -> names.get(String.valueOf(i)).asText())
            .toArray(String[]::new);
    pad = config.path("pad_token_id").asLong(0);
  }

  /** Label and score of each text, in order. */
  List<Prediction> classify(List<String> texts) {
    long[][] rows =
        Arrays.stream(tokenizer.batchEncode(texts)).map(Encoding::getIds).toArray(long[][]::new);
    int[] order =
        IntStream.range(0, rows.length)
            .boxed()
            .sorted(Comparator.comparingInt(i -> rows[i].length))
            .mapToInt(Integer::intValue)
            .toArray();
    Prediction[] found = new Prediction[rows.length];
    for (int start = 0; start < order.length; start += ROWS) {
      int[] chunk = Arrays.copyOfRange(order, start, Math.min(start + ROWS, order.length));
      float[][] logits = run(rows, chunk);
      for (int line = 0; line < chunk.length; line++) found[chunk[line]] = best(logits[line]);
    }
    return Arrays.asList(found);
  }

  /** `chunk`: which rows, the longest one last. */
  private float[][] run(long[][] rows, int[] chunk) {
    int width = rows[chunk[chunk.length - 1]].length;
    long[] ids = new long[chunk.length * width];
    long[] mask = new long[chunk.length * width];
    Arrays.fill(ids, pad);
    for (int line = 0; line < chunk.length; line++) {
      long[] row = rows[chunk[line]];
      System.arraycopy(row, 0, ids, line * width, row.length);
      Arrays.fill(mask, line * width, line * width + row.length, 1);
    }
    Map<String, long[]> data =
        Map.of("input_ids", ids, "attention_mask", mask, "token_type_ids", new long[ids.length]);
    Map<String, OnnxTensor> feeds = new HashMap<>();
    try {
      for (String name : session.getInputNames()) {
        LongBuffer values = LongBuffer.wrap(data.get(name));
        feeds.put(name, OnnxTensor.createTensor(environment, values, new long[] {chunk.length, width}));
      }
      try (OrtSession.Result result = session.run(feeds)) {
        return (float[][]) result.get(0).getValue();
      }
    } catch (OrtException error) {
      throw new IllegalStateException(error);
    } finally {
      feeds.values().forEach(OnnxTensor::close);
    }
  }

  private Prediction best(float[] logits) {
    int top = 0;
    for (int i = 1; i < logits.length; i++) if (logits[i] > logits[top]) top = i;
    double sum = 0;
    for (float logit : logits) sum += Math.exp(logit - logits[top]);
    return new Prediction(labels[top], 1 / sum);
  }
}
