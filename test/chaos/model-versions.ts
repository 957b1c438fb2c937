/** Models that come one after the other while a run goes on, and the requests that tell them apart. */
import { appendFileSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Random } from '../../src/corpus/random.ts';
import { filesOf, writeFiles } from '../models/directory.ts';
import { Canaries } from './canaries.ts';
import { labelsOf, placeOf, type Stage, stages, textOf, weightsOf } from './weights.ts';

/** Scores of the first model under it are asked again. */
export const BELOW = 0.8;
const CACHE_BYTES = 2 ** 20;
const SHADOW_SHARE = 0.5;
/** Of the members, those whose model is none of these: the one of the package, or none at all. */
const OTHER_SHARE = 0.2;
/** Of the members that can be told over HTTP to promote a canary. */
export const TOKEN = 'a-token-for-chaos-0123456789';
/** Of the members with models that come and go, those that can have a canary. */
const CANARY_SHARE = 0.5;

export function modelRequest(number: number): Buffer {
  return Buffer.from(JSON.stringify({ id: `n-${number}`, text: textOf(number) }));
}

/** How a new member is started. */
export interface ModelSettings {
  readonly settings: Readonly<Record<string, string | number | boolean>>;
  readonly configFile?: string;
}

export class ModelVersions {
  readonly canaries: Canaries;
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
    this.canaries = new Canaries(this.#folder, this.#placedAtMs);
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

  /** The next canary, complete or with half of a file. Returns what completes it. */
  placeCanary(options: { readonly isBad?: boolean; readonly isHalf?: boolean }): () => void {
    return this.canaries.place(this.#last, options);
  }

  /** Of a new member; `process`: its number. */
  settings(random: Random, process: number): ModelSettings {
    // While there is a canary, whoever comes has it.
    if (this.canaries.standing !== undefined) return this.#withCanary(random, process);
    if (random.chance(OTHER_SHARE)) {
      const path = random.chance(0.5) ? 'models/default' : 'null';
      this.#count(path);
      return { settings: { 'model.path': path } };
    }
    if (random.chance(CANARY_SHARE)) return this.#withCanary(random, process);
    const second = join(this.#link, 'second');
    const chosen = Object.entries({
      'model.cascade': JSON.stringify({ path: second, below: BELOW }),
      'model.shadow': JSON.stringify({ path: second, share: SHADOW_SHARE }),
      'model.cache_bytes': CACHE_BYTES,
      'model.watch': true,
    }).filter(() => random.chance(0.5));
    for (const [name] of chosen) this.#count(name);
    return { settings: { 'model.path': join(this.#link, 'first'), ...Object.fromEntries(chosen) } };
  }

  #withCanary(random: Random, process: number): ModelSettings {
    this.#count('model.canary');
    const settings = { 'model.watch': random.chance(0.5), 'http.token': TOKEN };
    return { settings, configFile: this.canaries.join(process) };
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
    this.canaries.leave();
    for (const stage of complete) this.#placedAtMs.set(placeOf(version, stage), Date.now());
    symlinkSync(this.#path(version), `${this.#link}.new`);
    renameSync(`${this.#link}.new`, this.#link);
  }
}

function graphOf(version: number, stage: Stage): Buffer {
  return filesOf({ weights: weightsOf(version, stage) })['model.onnx'] as Buffer;
}
