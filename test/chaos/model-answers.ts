/**
 * Whether each result is what the model that it names says of its text: computed here once more, from the numbers that
 * the models were made of, without any code of the product. Of other models it is only known that they say the same
 * of the same text every time, whether they were asked or a cache was.
 */
import type { Message } from 'node-rdkafka';
import type { Finding } from '../../src/verify/tally.ts';
import type { CanaryAnswers } from './canary-answers.ts';
import { Examples } from './examples.ts';
import { producersOf } from './log-segments.ts';
import { BELOW } from './model-versions.ts';
import { answerBy, canaryWeights, labelsOf, placeOf, type Stage, weightsOf } from './weights.ts';

export interface ModelVerdict {
  /** Answers by version of the models that come and go, `first` and `second` of a cascade apart. */
  readonly answers: Readonly<Record<Answerer, number>>;
  /** How many versions have answered. */
  readonly versions: number;
  /** Another label or score than the model that is named has for the text. */
  readonly wrong: Finding;
  /** Two answers of the same version to the same text, whatever it is, that differ. */
  readonly unlike: Finding;
  /** A version that there never was, or before it was there as a whole. */
  readonly tooEarly: Finding;
  /** The second model has answered where the first is sure, or the other way round. */
  readonly wrongStage: Finding;
  /** One process has answered by an earlier version than it had for an earlier message of the partition. */
  readonly wentBack: Finding;
}

export interface Answer {
  readonly label: string;
  readonly score: number;
  readonly stage?: 1 | 2;
  /** Name of its directory. */
  readonly model?: string;
  readonly model_version: string;
  readonly processed_at: number;
  readonly source: { readonly partition: number; readonly offset: number };
}

/** A model of the versions that come and go, a canary beside them, or any other. */
type Answerer = Stage | 'canary' | 'others';

/** float32, added up in any order. */
const TOLERANCE = 1e-4;
const LABEL = /^(NEGATIVE|POSITIVE)-(\d+)$/;

type Expected = ReturnType<typeof answerBy>;

export class ModelAnswers {
  readonly #placedAtMs: ReadonlyMap<string, number>;
  readonly #canaries: CanaryAnswers | undefined;
  /** By partition and offset. */
  readonly #texts = new Map<string, string>();
  readonly #names = new Map<string, string>();
  readonly #said = new Map<string, Answer>();
  /** By partition of the requests: what each process said, as `[offset, producer, version]`. */
  readonly #told = new Map<number, [number, bigint, number][]>();
  readonly #answers: Record<Answerer, number> = { first: 0, second: 0, canary: 0, others: 0 };
  readonly #versions = new Set<number>();
  readonly #wrong = new Examples();
  readonly #unlike = new Examples();
  readonly #tooEarly = new Examples();
  readonly #wrongStage = new Examples();

  /** `canaries`: judges which model has answered, too. */
  constructor(placedAtMs: ReadonlyMap<string, number>, canaries?: CanaryAnswers) {
    this.#placedAtMs = placedAtMs;
    this.#canaries = canaries;
  }

  addRequest(request: Pick<Message, 'topic' | 'partition' | 'offset' | 'key' | 'timestamp' | 'value'>): void {
    const { partition, offset, value } = request;
    const text = textOf(value);
    if (text !== undefined) this.#canaries?.addRequest(request);
    if (text !== undefined) this.#texts.set(`${partition}/${offset}`, text);
  }

  /** `producer`: the number that the broker gave to the process that wrote it. */
  addResult({ value }: Pick<Message, 'value'>, producer: bigint): void {
    const answer = answerOf(value);
    if (answer === undefined) {
      this.#wrong.add('unreadable');
      return;
    }
    const { partition, offset } = answer.source;
    const place = `${partition}/${offset}`;
    const text = this.#texts.get(place);
    if (text === undefined) return; // the delivery is checked elsewhere
    this.#compareWithEarlier(answer, text, place);
    const [, , number] = LABEL.exec(answer.label) ?? [];
    if (number === undefined) {
      this.#answers.others++;
      return;
    }
    const version = Number(number);
    this.#canaries?.addResult(answer, place);
    this.#judge(answer, version, text, place);
    this.#versions.add(version);
    const told = this.#told.get(partition) ?? [];
    this.#told.set(partition, told);
    told.push([offset, producer, version]);
  }

  /** `isInOrder`: each request has one answer at most, so those of a process are in the order of their offsets. */
  verdict(isInOrder: boolean): ModelVerdict {
    return {
      answers: this.#answers,
      versions: this.#versions.size,
      wrong: this.#wrong.summary,
      unlike: this.#unlike.summary,
      tooEarly: this.#tooEarly.summary,
      wrongStage: this.#wrongStage.summary,
      wentBack: isInOrder ? this.#wentBack().summary : new Examples().summary,
    };
  }

  #compareWithEarlier(answer: Answer, text: string, place: string): void {
    const { model_version, stage } = answer;
    const key = `${model_version} ${stage} ${text}`;
    const earlier = this.#said.get(key);
    if (earlier === undefined) this.#said.set(key, answer);
    else if (earlier.label !== answer.label || Math.abs(earlier.score - answer.score) > TOLERANCE)
      this.#unlike.add(place);
  }

  #judge(answer: Answer, version: number, text: string, place: string): void {
    const canary = this.#canaries?.canaryOf(answer);
    const model: Stage = answer.stage === 2 ? 'second' : 'first';
    const name = canary ? placeOf(canary.number, 'canary') : placeOf(version, model);
    const placedAt = this.#placedAtMs.get(name) ?? Number.POSITIVE_INFINITY;
    if (!(answer.processed_at >= placedAt)) this.#tooEarly.add(place);
    this.#answers[canary ? 'canary' : model]++;
    const weights = canary ? canaryWeights(canary) : weightsOf(version, model);
    this.#compareWithModel(answer, answerBy(weights, labelsOf(version), text), place);
    const named = this.#names.get(answer.model_version) ?? name;
    this.#names.set(answer.model_version, named);
    if (named !== name || (canary && canary.version !== version)) this.#wrong.add(place);
    const first = answerBy(weightsOf(version, 'first'), labelsOf(version), text);
    const isSure = first.score >= BELOW + TOLERANCE;
    const isUnsure = first.score < BELOW - TOLERANCE;
    if ((answer.stage === 1 && isUnsure) || (answer.stage === 2 && isSure)) this.#wrongStage.add(place);
  }

  #compareWithModel({ label, score }: Answer, expected: Expected, place: string): void {
    // Without a word that it knows, both labels are equally likely.
    const isOneOfTwo = expected.score < 0.5 + TOLERANCE && LABEL.test(label);
    const isRight = (label === expected.label || isOneOfTwo) && Math.abs(score - expected.score) <= TOLERANCE;
    if (!isRight) this.#wrong.add(place);
  }

  /** Versions follow each other in one direction only, so whoever has taken one up has no earlier one any more. */
  #wentBack(): Examples {
    const found = new Examples();
    for (const [partition, told] of this.#told) {
      const last = new Map<bigint, number>();
      for (const [offset, producer, version] of told.sort(([a], [b]) => a - b)) {
        if (version < (last.get(producer) ?? 0)) found.add(`${partition}/${offset}`);
        last.set(producer, Math.max(version, last.get(producer) ?? 0));
      }
    }
    return found;
  }
}

/** Tells which producer has written a record of a topic, from the files of a broker. */
export function producerOf(logDir: string, topic: string): (record: Message) => bigint {
  const partitions = new Map<number, (offset: number) => bigint>();
  return ({ partition, offset }) => {
    const of = partitions.get(partition) ?? producersOf(logDir, topic, partition);
    partitions.set(partition, of);
    return of(offset);
  };
}

/** undefined: it is no result. */
function answerOf(value: Buffer | null): Answer | undefined {
  try {
    const answer = JSON.parse(String(value)) as Answer | null;
    return typeof answer?.source === 'object' && typeof answer.label === 'string' ? answer : undefined;
  } catch {
    return undefined;
  }
}

/** undefined: it is not a request that can be answered. */
function textOf(value: Buffer | null): string | undefined {
  try {
    const text = (JSON.parse(String(value)) as { text?: unknown } | null)?.text;
    return typeof text === 'string' ? text : undefined;
  } catch {
    return undefined;
  }
}
