/** Everything that a caller could ask too much of, with what he gets when he does. */
export const limits = {
  /** Bytes of a body: 413. */
  bodyBytesMax: 1024 * 1024,
  /** Lists and objects inside each other: 400. Two levels are ever needed. */
  bodyDepthMax: 8,
  /** Headers of a request: 431, as for more than 16 KiB of them. */
  headersMax: 100,
  /** Open connections: the one that was idle the longest is closed for a new one. */
  connectionsMax: 512,
  /** Requests of a connection that wait for an answer: it is closed. */
  pipelinedMax: 8,
  /** For a request to arrive in full: 408 and closed. */
  requestTimeoutMs: 10_000,
  /** For an answer to be made: 504. */
  answerTimeoutMs: 30_000,
  /** Without a byte in either direction: closed. Longer than an answer may take. */
  silenceTimeoutMs: 35_000,
  /** Between two requests of a connection: closed. */
  idleTimeoutMs: 10_000,
  /** For running requests when the server stops. */
  stopTimeoutMs: 2_000,
  /** How long who asks too often waits for the 429, and how many may; the next are closed. */
  heldMs: 10_000,
  heldMax: 1_024,
  /** Prediction requests at once, and texts of all of them: 429. */
  predictionsMax: 32,
  textsMax: 1_000,
  waitingTextsMax: 2_000,
  /** Followers of the live page: 429. One that reads so slowly that this many bytes wait is dropped. */
  followersMax: 16,
  followerBytesMax: 256 * 1024,
  /** Dead letters that are looked at for one request, and that one replay sends; then it says that there are more. */
  lettersScannedMax: 100_000,
  lettersListedMax: 1_000,
  lettersReplayedMax: 10_000,
  /** How long one replay goes on before it answers how far it has come. */
  replayMs: 20_000,
} as const;
