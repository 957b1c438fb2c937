/** Every limit on what a client can ask for, with the response it gets beyond it. */
export const limits = {
  /** Bytes of a request body: 413. */
  bodyBytesMax: 1024 * 1024,
  /** Nesting of arrays and objects in a body: 400. No request needs more than two levels. */
  bodyDepthMax: 8,
  /** Headers of a request: 431, as for more than 16 KiB of headers. */
  headersMax: 100,
  /** Open connections: beyond it, the least recently used one is closed to make room. */
  connectionsMax: 512,
  /** Pipelined requests of one connection that wait for a response: the connection is closed. */
  pipelinedMax: 8,
  /** Time for a request to arrive completely: 408, and the connection is closed. */
  requestTimeoutMs: 10_000,
  /** Time to produce a response: 504. */
  responseTimeoutMs: 30_000,
  /** Time without a byte in either direction: the connection is closed. Longer than `responseTimeoutMs`. */
  socketTimeoutMs: 35_000,
  /** Time between two requests of a connection: the connection is closed. */
  keepAliveTimeoutMs: 10_000,
  /** Grace period for running requests when the server stops. */
  stopTimeoutMs: 2_000,
  /** About how long the 429 to a client above the rate limit is delayed. */
  throttleDelayMs: 10_000,
  /** Connections that may wait for such a 429; any more are closed at once. */
  throttledMax: 1_024,
  /** Concurrent prediction requests, texts of one request, texts of all of them: 429, 400, 429. */
  predictionsMax: 32,
  textsMax: 1_000,
  pendingTextsMax: 2_000,
  /** Texts of a request that asks for explanations, and as how many texts each of them counts: 400. */
  explainedTextsMax: 15,
  explainedTextCost: 130,
  /** Subscribers of the event stream: 429. */
  subscribersMax: 16,
  /** Unsent bytes after which a slow subscriber is dropped. */
  subscriberBytesMax: 256 * 1024,
  /** Dead letters that one request scans, lists and replays; a truncated response says that there are more. */
  lettersScannedMax: 100_000,
  lettersListedMax: 1_000,
  lettersReplayedMax: 10_000,
  /** How long a client waits for the model to be reloaded; then it is told that this goes on. */
  reloadMs: 25_000,
  /** Other processes that are shown; any more are only counted. */
  peersMax: 64,
  /** How many of them are asked at a time, how often each, for how long, and for how much. */
  peersInFlightMax: 8,
  peerIntervalMs: 1_000,
  peerTimeoutMs: 2_000,
  peerAnswerBytesMax: 512 * 1024,
  /** How long one replay runs before it reports how far it got. */
  replayMs: 20_000,
} as const;
