/** Data passed between the stages. Hardly any behaviour here, so no stage needs to import another. */

/**
 * Why a message became a dead letter; also the `error_type` label of the metrics. A closed list. `produce_failed` is
 * for a result that is too large with the key and headers of its request; any other record that a broker rejects waits
 * until it is accepted. `commit_failed` is reserved and never assigned.
 */
export const errorTypes = [
  'invalid_json',
  'invalid_message',
  'too_large',
  'decrypt_failed',
  'inference_failed',
  'timeout',
  'produce_failed',
  'commit_failed',
  'internal',
] as const;
export type ErrorType = (typeof errorTypes)[number];

/** Where in the flow a message failed: the header `x-stage` of a dead letter, and a label of stage times. */
export const stages = ['consume', 'decode', 'batch', 'infer', 'publish', 'commit'] as const;
export type Stage = (typeof stages)[number];

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** `offset` is the next offset to read: last processed + 1. */
export interface TopicPartitionOffset extends TopicPartition {
  readonly offset: number;
  /** A text that is committed with it. */
  readonly metadata?: string;
}

/** Kafka headers as librdkafka gives them: a list of one-entry objects, repeated names allowed. */
export type MessageHeader = { [name: string]: Buffer | string | null };

/** One record as it was read from Kafka. */
export interface SourceMessage extends TopicPartitionOffset {
  readonly value: Buffer | null;
  readonly key?: Buffer | string | null | undefined;
  /** Milliseconds since 1970, as set by the producer or the broker. */
  readonly timestamp?: number | undefined;
  readonly headers?: MessageHeader[] | undefined;
  /** Bytes of the value. */
  readonly size: number;
  /** Set for a message that comes from a retry topic: all the rest is as it was in its request topic. */
  readonly putOff?: PutOff | undefined;
}

/** What happened to a message before it came from a retry topic. */
export interface PutOff {
  /** Where it was read; its timestamp is when it was due. */
  readonly readAt: ReadPlace;
  /** How often it has been put off. 0: somebody else has written it to the retry topic. */
  readonly count: number;
  /** How often it has been tried. */
  readonly attempts: number;
  /** ISO 8601; empty if that is not known. */
  readonly firstFailedAt: string;
}

/** Where a record was read, and when it was written. */
export interface ReadPlace extends TopicPartitionOffset {
  readonly timestamp?: number | undefined;
}

/** That of the record, which for a message from a retry topic is not the place of the message. */
export function readPlaceOf(message: SourceMessage): ReadPlace {
  return message.putOff?.readAt ?? message;
}

/** One record to write. */
export interface OutgoingRecord {
  readonly topic: string;
  /** -1: chosen from the key. */
  readonly partition: number;
  readonly value: Buffer | null;
  readonly key: Buffer | string | null;
  readonly headers: MessageHeader[];
  /** Milliseconds since 1970. Default: when it is written. */
  readonly timestamp?: number | undefined;
}

/** A message that was given up on: where it was and why it failed, never its content. */
export interface RecentDeadLetter {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly errorType: ErrorType;
  readonly stage: Stage;
  readonly reason: string;
}

/** A classified text. `scores` only with `return_all_scores`. */
export interface Prediction {
  readonly label: string;
  /** Of `label`: a probability, 0…1, unless the model gives plain values. */
  readonly score: number;
  readonly truncated: boolean;
  /** In how many windows the text was read, if in more than one. */
  readonly windows?: number;
  /** Which model of a cascade has answered, if there is one. */
  readonly stage?: 1 | 2;
  readonly scores?: Readonly<Record<string, number>>;
  /** Labels above the threshold, if a text can have several. */
  readonly labels?: readonly string[];
  /** Only if it was asked for. */
  readonly explanation?: Explanation;
}

/** Which words of a text spoke for the label that won. Places are counted in UTF-16 code units, as in JavaScript. */
export interface Explanation {
  /** What `words` are weighed for: the label with the best score, also where the text counts as uncertain. */
  readonly label: string;
  /** Of the weights: log-odds of the label, or its value if the model gives plain values. */
  readonly unit: 'log_odds' | 'value';
  /** The part of the text that `words` covers: of a longer text than the model reads, what it reads. */
  readonly start: number;
  readonly end: number;
  /** In the order of the text. */
  readonly words: readonly ExplainedWord[];
}

/** A word, or several of a long text, or punctuation. */
export interface ExplainedWord {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  /** How much less speaks for the label without it; below 0: it speaks against the label. */
  readonly weight: number;
  /** Of the label, without it. */
  readonly score: number;
}

/** What becomes of the numbers that a model gives for a text. none: they are the scores. */
export type Activation = 'softmax' | 'sigmoid' | 'none';

/** One input of a graph, int64 or int32 [texts, tokens]. */
export interface ModelInput {
  readonly name: string;
  readonly role: 'ids' | 'mask' | 'types' | 'positions';
  readonly type: 'int32' | 'int64';
}

/** How a graph is run, as far as its file says. */
export interface ModelGraph {
  readonly inputs: readonly ModelInput[];
  /** The output with the logits, and what it has to be converted to float32 from. */
  readonly output: string;
  readonly convertedFrom: string | undefined;
  /** Columns of the logits. */
  readonly columns: number | undefined;
  /** Every batch has this many rows, or this many tokens in a row. */
  readonly rowsFixed: number | undefined;
  readonly widthFixed: number | undefined;
  /** The operator that computes the logits from something else. */
  readonly lastOperator: string;
  /** Position of the first token, for a graph that wants positions. */
  readonly firstPosition: number;
  /** Its numbers are rounded to few steps; `dynamic`: to steps that depend on the whole batch. */
  readonly quantization: 'none' | 'static' | 'dynamic';
  /** Files with weights beside the graph. */
  readonly weightPaths: readonly { readonly name: string; readonly path: string }[];
}

/** How scores are made of logits, and labels of scores. */
export interface ModelHead {
  readonly activation: Activation;
  /** A text can have several labels: those with a score above `threshold`. */
  readonly isMultiLabel: boolean;
  readonly threshold: number;
  /** A text whose best score is lower gets the label `uncertainLabel`. 0: never. */
  readonly minScore: number;
  readonly uncertainLabel: string;
}

/** Everything the rest of the program needs to know about a model directory. */
export interface ModelInfo {
  readonly name: string;
  /** First 12 hexadecimal digits of the SHA-256 of everything that results depend on. */
  readonly version: string;
  readonly directory: string;
  readonly onnxPath: string;
  /** tokenizer.json, or vocab.json or vocab.txt of an older directory. */
  readonly tokenizerPath: string;
  /** All files that decide about the token ids, that one among them. */
  readonly tokenizerFiles: readonly string[];
  /** Label of each output column. */
  readonly labels: readonly string[];
  /** Maximum number of tokens in a row, including special tokens. */
  readonly maxLength: number;
  /** What the model itself can read; undefined if it names no limit. */
  readonly lengthLimit: number | undefined;
  /** -1: the tokenizer's own. */
  readonly padId: number;
  /** Where rows of a batch are filled up, and where longer texts are cut; undefined: as tokenizer.json says. */
  readonly padSide: Side | undefined;
  readonly truncationSide: Side | undefined;
  /** Longer texts are read in windows that share this many tokens; undefined: they are truncated. */
  readonly windowOverlap: number | undefined;
  readonly graph: ModelGraph;
  readonly head: ModelHead;
  /** What was assumed, and what may surprise: whole sentences. */
  readonly notes: readonly string[];
}

export type Side = 'left' | 'right';

/** Run states, in the order in which they occur. The number is the metric value. */
export const runStates = ['stopped', 'starting', 'running', 'draining', 'failed'] as const;
export type RunState = (typeof runStates)[number];
