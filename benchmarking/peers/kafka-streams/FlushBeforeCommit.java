import java.util.Map;
import org.apache.kafka.streams.processor.StateStore;
import org.apache.kafka.streams.processor.StateStoreContext;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.internals.CacheFlushListener;
import org.apache.kafka.streams.state.internals.CachedStateStore;

/**
 * A store without contents. Before a task commits, Streams flushes the caches of its stores, so that what they still
 * hold is forwarded and part of the transaction. This store passes that moment on to its processor. It is the only hook
 * before a commit: `StateStore.flush` is called with checkpoints, after it, and a punctuator at any time.
 */
final class FlushBeforeCommit implements StateStore, CachedStateStore<Object, Object> {
  private final String name;
  private Runnable listener = () -> {};
  private boolean open;

  private FlushBeforeCommit(String name) {
    this.name = name;
  }

  static StoreBuilder<FlushBeforeCommit> builder(String name) {
    return new Builder(name);
  }

  void beforeCommit(Runnable run) {
    listener = run;
  }

  @Override
  public void flushCache() {
    listener.run();
  }

  @Override
  public void init(StateStoreContext context, StateStore root) {
    context.register(root, (key, value) -> {});
    open = true;
  }

  @Override
  public void close() {
    open = false;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public boolean persistent() {
    return false;
  }

  @Override
  public boolean isOpen() {
    return open;
  }

  @Override
  public void flush() {}

  @Override
  public void clearCache() {}

  @Override
  public boolean setFlushListener(CacheFlushListener<Object, Object> ignored, boolean sendOldValues) {
    return false;
  }

  private record Builder(String name) implements StoreBuilder<FlushBeforeCommit> {
    @Override
    public FlushBeforeCommit build() {
      return new FlushBeforeCommit(name);
    }

    @Override
    public boolean loggingEnabled() {
      return false;
    }

    @Override
    public Map<String, String> logConfig() {
      return Map.of();
    }

    @Override
    public Builder withCachingEnabled() {
      return this;
    }

    @Override
    public Builder withCachingDisabled() {
      return this;
    }

    @Override
    public Builder withLoggingEnabled(Map<String, String> config) {
      throw new UnsupportedOperationException("It has nothing to log.");
    }

    @Override
    public Builder withLoggingDisabled() {
      return this;
    }
  }
}
