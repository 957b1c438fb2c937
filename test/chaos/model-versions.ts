/** Models that come one after the other while a run goes on, and the requests that tell them apart. */
import { appendFileSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Random } from '../../src/corpus/random.ts';
import { filesOf, writeFiles } from '../models/directory.ts';
import type { Word } from '../models/tokenizer.ts';

/** The models of a version: the first is asked, and with a cascade the second where the first is not sure. */
export const stages = ['first', 'second'] as const;
export type Stage = (typeof stages)[number];
export type Weights = Readonly<Record<Word, readonly [number, number]>>;

/** Scores of the first model under it are asked again. */
export const BELOW = 0.8;
const CACHE_BYTES = 2 ** 20;
const SHADOW_SHARE = 0.5;
/** Of the members, those whose model is none of these: the one of the package, or none at all. */
const OTHER_SHARE = 0.2;
const WORDS_MAX = 4;
const spoken = ['good', 'bad', 'fine', 'dull'] as const;

/** What the words of a text add to the two logits, in one version. No two versions have the same. */
export function weightsOf(version: number, stage: Stage): Weights {
  const more = version / 16;
  const special = { '[PAD]': [3, -1], '[UNK]': [0, 0], '[CLS]': [0, 0], '[SEP]': [0, 0] } as const;
  return stage === 'first'
    ? { ...special, good: [-1, more], bad: [more, -1], fine: [-0.25, 0.5 + more], dull: [0.5 + more, 0] }
    : { ...special, good: [-2, more], bad: [more, -2], fine: [-1, 1 + more], dull: [1 + more, -0.5] };
}

/** The labels say which version has answered. */
export function labelsOf(version: number): readonly [string, string] {
  return [`NEGATIVE-${version}`, `POSITIVE-${version}`];
}

/** The same texts again and again, and as many that come only once. */
export function textOf(number: number): string {
  const place = number >> 1;
  const count = (place % WORDS_MAX) + 1;
  const text = Array.from({ length: count }, (_, i) => spoken[(place >> (2 * i)) % spoken.length]).join(' ');
  return number % 2 === 0 ? text : `${text} ${number}`;
}

export function placeOf(version: number, stage: Stage): string {
  return `${version} ${stage}`;
}

export function modelRequest(number: number): Buffer {
  return Buffer.from(JSON.stringify({ id: `n-${number}`, text: textOf(number) }));
}

export class ModelVersions {
  readonly #folder: string;
  /** A link that leads to the version in use. */
  readonly #link: string;
  readonly #placedAtMs = new Map<string, number>();
  /** How many members were started with what. */
  readonly mix: Record<string, number> = {};
  #last = 0;

  constructor(folder: string) {
    this.#folder = join(folder, 'models');
    this.#link = join(this.#folder, 'current');
    mkdirSync(this.#folder);
    this.exchange();
  }

  /** When each model was complete and in its place, by `placeOf`, ms since 1970. */
  get placedAtMs(): ReadonlyMap<string, number> {
    return this.#placedAtMs;
  }

  /** The next version, complete, in the way that is documented: another directory, and a link that leads to it. */
  exchange(): void {
    const version = ++this.#last;
    this.#write(version);
    this.#use(version, stages);
  }

  /** The next version, but half of a file is missing. Returns what completes it. */
  exchangeHalf(stage: Stage): () => void {
    const version = ++this.#last;
    this.#write(version);
    const file = join(this.#path(version), stage, 'model.onnx');
    const bytes = graphOf(version, stage);
    writeFileSync(file, bytes.subarray(0, bytes.length >> 1));
    const others = stages.filter((each) => each !== stage);
    this.#use(version, others); // a member without a cascade has no second model, and can use the first
    return () => {
      this.#placedAtMs.set(placeOf(version, stage), Date.now());
      appendFileSync(file, bytes.subarray(bytes.length >> 1));
    };
  }

  /** Of a new member. */
  settings(random: Random): Record<string, string | number | boolean> {
    if (random.chance(OTHER_SHARE)) {
      const path = random.chance(0.5) ? 'models/default' : 'null';
      this.#count(path);
      return { 'model.path': path };
    }
    const second = join(this.#link, 'second');
    const chosen = Object.entries({
      'model.cascade': JSON.stringify({ path: second, below: BELOW }),
      'model.shadow': JSON.stringify({ path: second, share: SHADOW_SHARE }),
      'model.cache_bytes': CACHE_BYTES,
      'model.watch': true,
    }).filter(() => random.chance(0.5));
    for (const [name] of chosen) this.#count(name);
    return { 'model.path': join(this.#link, 'first'), ...Object.fromEntries(chosen) };
  }

  #count(name: string): void {
    this.mix[name] = (this.mix[name] ?? 0) + 1;
  }

  #path(version: number): string {
    return join(this.#folder, `v${version}`);
  }

  #write(version: number): void {
    for (const stage of stages) {
      const id2label = Object.fromEntries(labelsOf(version).entries());
      const files = filesOf({ weights: weightsOf(version, stage) }, { id2label });
      writeFiles(join(this.#path(version), stage), files);
    }
  }

  #use(version: number, complete: readonly Stage[]): void {
    for (const stage of complete) this.#placedAtMs.set(placeOf(version, stage), Date.now());
    symlinkSync(this.#path(version), `${this.#link}.new`);
    renameSync(`${this.#link}.new`, this.#link);
  }
}

function graphOf(version: number, stage: Stage): Buffer {
  return filesOf({ weights: weightsOf(version, stage) })['model.onnx'] as Buffer;
}
