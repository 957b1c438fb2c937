/** What the members say in their logs about models: which of them may have answered, in which process, and when. */
import type { LogEntry } from './member.ts';

/** A span in which a process answered with the same models. It lasts until the next one begins. */
export interface Era {
  /** ms since 1970, by the clock of the process that logs, which is that of this machine. */
  readonly sinceMs: number;
  /** Names of directories. */
  readonly main: string;
  readonly canary: string | undefined;
}

export interface ModelLogReport {
  readonly reloads: { readonly completed: number; readonly medianMs: number; readonly maxMs: number };
  /** Why a reload changed nothing, without names of files. */
  readonly refused: Readonly<Record<string, number>>;
  readonly canaries: Readonly<Record<string, number>>;
}

const NAMES = /"[^"]*"|\/[^\s,;:]+|canary-\d+-\d+|first-\d+/g;
const REASON_MAX = 160;
/** The name of `model.path: null`. */
const NO_MODEL = 'null';

export class ModelLog {
  readonly #eras = new Map<number, Era[]>();
  /** Loaded, but not in use yet. */
  readonly #loaded = new Map<number, string>();
  readonly #outcomes = new Map<number, number>();
  readonly #ports = new Map<number, number>();
  readonly #reloadMs: number[] = [];
  readonly #refused: Record<string, number> = {};
  readonly #canaries: Record<string, number> = {};
  /** By name of the directory, in any process. */
  readonly #seen = new Map<string, Set<number>>();

  add(process: number, entry: LogEntry): void {
    const { event } = entry;
    const at = Date.parse(String(entry['time']));
    const model = String(entry['model']);
    switch (event) {
      case 'http_listening':
        this.#ports.set(process, Number(entry['port']));
        return;
      case 'canary_loaded':
        this.#loaded.set(process, model);
        return this.#count('loaded', model, process);
      case 'model_loaded':
      case 'model_reloaded':
        this.#begin(process, { sinceMs: at, main: model, canary: this.#loaded.get(process) });
        this.#loaded.delete(process);
        if (event === 'model_reloaded') this.#reloadMs.push(Number(entry['ms']));
        return this.#end(process);
      case 'canary_returned': {
        const last = this.#eras.get(process)?.at(-1);
        if (last?.canary === model) this.#begin(process, { ...last, sinceMs: at, canary: undefined });
        if (this.#loaded.get(process) === model) this.#loaded.delete(process);
        return this.#count(`returned: ${entry['reason']}`, model, process);
      }
      case 'canary_refused': {
        this.#loaded.delete(process);
        // Written when the model in use has been exchanged without it, although it may have been loaded before that.
        const last = this.#eras.get(process)?.at(-1);
        if (last?.canary !== undefined) this.#begin(process, { ...last, canary: undefined });
        return this.#count('refused', model, process);
      }
      case 'canary_promoted':
        return this.#count('promoted by command', model, process);
      case 'model_refused':
      case 'config_rejected': {
        this.#loaded.delete(process);
        const reason = `${event}: ${String(entry['reason']).replace(NAMES, '…').slice(0, REASON_MAX)}`;
        this.#refused[reason] = (this.#refused[reason] ?? 0) + 1;
        return this.#end(process);
      }
      case 'model_unchanged':
        return this.#end(process);
    }
  }

  /** In the order of time; empty for a process without a model that is known by its name. */
  erasOf(process: number): readonly Era[] {
    return this.#eras.get(process) ?? [];
  }

  /** Whether it has a model, so that it says something when it is told to reload. */
  hasModel(process: number): boolean {
    const main = this.#eras.get(process)?.at(-1)?.main;
    return main !== undefined && main !== NO_MODEL;
  }

  /** How many loads, exchanges and refusals a process has logged. */
  outcomesOf(process: number): number {
    return this.#outcomes.get(process) ?? 0;
  }

  portOf(process: number): number | undefined {
    return this.#ports.get(process);
  }

  /** Processes in which this has happened to a canary, for example `loaded` or `returned`. */
  processesWith(what: string, canary: number): number {
    return this.#seen.get(`${what} ${canary}`)?.size ?? 0;
  }

  report(): ModelLogReport {
    const sorted = [...this.#reloadMs].sort((a, b) => a - b);
    const medianMs = sorted[sorted.length >> 1] ?? 0;
    return {
      reloads: { completed: sorted.length, medianMs, maxMs: sorted.at(-1) ?? 0 },
      refused: this.#refused,
      canaries: this.#canaries,
    };
  }

  #begin(process: number, era: Era): void {
    const eras = this.#eras.get(process) ?? [];
    this.#eras.set(process, eras);
    eras.push(era);
  }

  #end(process: number): void {
    this.#outcomes.set(process, this.outcomesOf(process) + 1);
  }

  #count(what: string, model: string, process: number): void {
    this.#canaries[what] = (this.#canaries[what] ?? 0) + 1;
    const number = /^canary-(\d+)-/.exec(model)?.[1];
    const key = `${what.split(':')[0]} ${number}`;
    this.#seen.set(key, (this.#seen.get(key) ?? new Set()).add(process));
  }
}
