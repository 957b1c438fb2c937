/**
 * Whether each result is what the model that it names says of its text: computed here once more, from the numbers that
 * the models were made of, without any code of the product. Of other models it is only known that they say the same
 * of the same text every time, whether they were asked or a cache was.
 */
import type { Message } from 'node-rdkafka';
import type { Finding } from '../../src/verify/tally.ts';
import type { Word } from '../models/tokenizer.ts';
import { producersOf } from './log-segments.ts';
import { BELOW, labelsOf, placeOf, type Stage, weightsOf } from './model-versions.ts';

export interface ModelVerdict {
  /** Answers by version of the models that come and go, `first` and `second` of a cascade apart. */
  readonly answers: { readonly first: number; readonly second: number; readonly others: number };
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

interface Answer {
  readonly label: string;
  readonly score: number;
  readonly stage?: 1 | 2;
  readonly model_version: string;
  readonly processed_at: number;
  readonly source: { readonly partition: number; readonly offset: number };
}

/** float32, added up in any order. */
const TOLERANCE = 1e-4;
const EXAMPLES_MAX = 10;
const LABEL = /^(NEGATIVE|POSITIVE)-(\d+)$/;

export class ModelAnswers {
  readonly #placedAtMs: ReadonlyMap<string, number>;
  /** By partition and offset. */
  readonly #texts = new Map<string, string>();
  readonly #names = new Map<string, string>();
  readonly #said = new Map<string, Answer>();
  /** By partition of the requests: what each process said, as `[offset, producer, version]`. */
  readonly #told = new Map<number, [number, bigint, number][]>();
  readonly #answers = { first: 0, second: 0, others: 0 };
  readonly #versions = new Set<number>();
  readonly #wrong = new Examples();
  readonly #unlike = new Examples();
  readonly #tooEarly = new Examples();
  readonly #wrongStage = new Examples();

  constructor(placedAtMs: ReadonlyMap<string, number>) {
    this.#placedAtMs = placedAtMs;
  }

  addRequest({ partition, offset, value }: Pick<Message, 'partition' | 'offset' | 'value'>): void {
    const text = textOf(value);
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
    const model: Stage = answer.stage === 2 ? 'second' : 'first';
    const placedAt = this.#placedAtMs.get(placeOf(version, model)) ?? Number.POSITIVE_INFINITY;
    if (!(answer.processed_at >= placedAt)) this.#tooEarly.add(place);
    this.#compareWithModel(answer, version, model, text, place);
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

  #compareWithModel(answer: Answer, version: number, model: Stage, text: string, place: string): void {
    const { label, score, stage, model_version } = answer;
    this.#answers[model]++;
    const expected = expectedOf(version, model, text);
    // Without a word that it knows, both labels are equally likely.
    const isOneOfTwo = expected.score < 0.5 + TOLERANCE && labelsOf(version).includes(label);
    const name = placeOf(version, model);
    const named = this.#names.get(model_version) ?? name;
    this.#names.set(model_version, named);
    const isRight = (label === expected.label || isOneOfTwo) && Math.abs(score - expected.score) <= TOLERANCE;
    if (!isRight || named !== name) this.#wrong.add(place);
    const first = model === 'first' ? expected : expectedOf(version, 'first', text);
    const isSure = first.score >= BELOW + TOLERANCE;
    const isUnsure = first.score < BELOW - TOLERANCE;
    if ((stage === 1 && isUnsure) || (stage === 2 && isSure)) this.#wrongStage.add(place);
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

function expectedOf(version: number, stage: Stage, text: string): { label: string; score: number } {
  const weights = weightsOf(version, stage);
  const logits = [0, 1].map((column) =>
    text.split(' ').reduce((sum, word) => sum + (weights[word as Word]?.[column] ?? 0), 0),
  ) as [number, number];
  const [negative, positive] = labelsOf(version);
  const difference = logits[1] - logits[0];
  return { label: difference > 0 ? positive : negative, score: 1 / (1 + Math.exp(-Math.abs(difference))) };
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

class Examples {
  #count = 0;
  readonly #examples: string[] = [];

  add(place: string): void {
    if (this.#count++ < EXAMPLES_MAX) this.#examples.push(place);
  }

  get summary(): Finding {
    return { count: this.#count, examples: [...this.#examples] };
  }
}
