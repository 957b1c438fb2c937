/** Canaries that come and go while a run goes on: each member has a configuration file of its own, which names them. */
import { appendFileSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { filesOf, writeFiles } from '../models/directory.ts';
import { canaryWeights, labelsOf, placeOf } from './weights.ts';

/** Of the keys, in turn. */
const shares = [0.25, 0.5, 0.1] as const;
/** Machines are busy, and a process may be stopped: how long a batch takes says nothing about the model. */
const SLOWDOWN_MAX = 1_000;

export interface CanaryFacts {
  readonly number: number;
  /** Version of the models beside which it was put in place; it has their labels. */
  readonly version: number;
  readonly share: number;
  /** It gives each text the other label. */
  readonly isBad: boolean;
}

/**
 * The names of directories say what has answered, and in which process: `first-17` is the model in use of the process
 * number 17, `canary-3-17` canary 3 in it.
 */
export const nameOfFirst = (process: number): string => `first-${process}`;
export const nameOfCanary = (canary: number, process: number): string => `canary-${canary}-${process}`;

export class Canaries {
  readonly #folder: string;
  readonly #placedAtMs: Map<string, number>;
  readonly #facts: CanaryFacts[] = [];
  /** Processes that have been started with one of these configurations. */
  readonly #processes = new Set<number>();
  /** The one that answers some of the keys. */
  #standing: CanaryFacts | undefined;
  /** The one that answers all of them. */
  #promoted: CanaryFacts | undefined;

  /** `folder`: with the link `current` to the version in use. `placedAtMs`: when what was complete, by `placeOf`. */
  constructor(folder: string, placedAtMs: Map<string, number>) {
    this.#folder = folder;
    this.#placedAtMs = placedAtMs;
    for (const name of ['canaries', 'by']) mkdirSync(join(folder, name));
  }

  /** By number, from 1 on. */
  get facts(): ReadonlyMap<number, CanaryFacts> {
    return new Map(this.#facts.map((each) => [each.number, each]));
  }

  get standing(): CanaryFacts | undefined {
    return this.#standing;
  }

  /** Whether the process was started with such a configuration. */
  has(process: number): boolean {
    return this.#processes.has(process);
  }

  /** The configuration file of a new process. */
  join(process: number): string {
    this.#processes.add(process);
    const folder = this.#of(process);
    mkdirSync(folder);
    symlinkSync(join(this.#folder, 'current', 'first'), join(folder, nameOfFirst(process)));
    for (const each of [this.#promoted, this.#standing]) if (each) this.#link(each, process);
    this.#write(process);
    return this.#fileOf(process);
  }

  /** The next canary, beside the models of `version`. Returns what completes it. */
  place(version: number, { isBad = false, isHalf = false } = {}): () => void {
    const number = this.#facts.length + 1;
    const canary = { number, version, share: shares[number % shares.length] as number, isBad };
    this.#facts.push(canary);
    const id2label = Object.fromEntries(labelsOf(version).entries());
    const files = filesOf({ weights: canaryWeights(canary) }, { id2label });
    const bytes = files['model.onnx'] as Buffer;
    const half = isHalf ? bytes.length >> 1 : bytes.length;
    const folder = this.#directory(number);
    writeFiles(folder, { ...files, 'model.onnx': bytes.subarray(0, half) });
    const complete = (): void => {
      this.#placedAtMs.set(placeOf(number, 'canary'), Date.now());
      if (isHalf) appendFileSync(join(folder, 'model.onnx'), bytes.subarray(half));
    };
    if (!isHalf) complete();
    this.#standing = canary;
    for (const process of this.#processes) this.#link(canary, process);
    this.#writeAll();
    return isHalf ? complete : () => undefined;
  }

  /** The model in use answers all keys again. */
  withdraw(): void {
    this.#standing = undefined;
    this.#writeAll();
  }

  /** It is the model in use, and there is no canary. */
  promote(): void {
    this.#promoted = this.#standing ?? this.#promoted;
    this.withdraw();
  }

  /** Another version comes: no canary of the one before it has its labels. */
  leave(): void {
    this.#promoted = undefined;
    this.withdraw();
  }

  #directory(number: number): string {
    return join(this.#folder, 'canaries', String(number));
  }

  #of(process: number): string {
    return join(this.#folder, 'by', String(process));
  }

  #fileOf(process: number): string {
    return join(this.#of(process), 'config.yaml');
  }

  #link({ number }: CanaryFacts, process: number): void {
    symlinkSync(this.#directory(number), join(this.#of(process), nameOfCanary(number, process)));
  }

  #writeAll(): void {
    for (const process of this.#processes) this.#write(process);
  }

  /** Nobody reads half of it. */
  #write(process: number): void {
    const [promoted, standing] = [this.#promoted, this.#standing];
    const pathOf = (name: string): string => join(this.#of(process), name);
    const canary = standing && {
      path: pathOf(nameOfCanary(standing.number, process)),
      share: standing.share,
      max_slowdown: SLOWDOWN_MAX,
    };
    const path = pathOf(promoted ? nameOfCanary(promoted.number, process) : nameOfFirst(process));
    const file = this.#fileOf(process);
    writeFileSync(`${file}.new`, JSON.stringify({ model: { path, ...(canary && { canary }) } }));
    renameSync(`${file}.new`, file);
  }
}
