/** What the members say in their logs about models: which of them may have answered, in which process, and when. */
import { nameOfCanary } from './canaries.ts';
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
  /** Numbers of those that were loaded. */
  readonly #tried = new Set<number>();

  add(process: number, entry: LogEntry): void {
    const model = String(entry['model']);
    switch (entry.event) {
      case 'http_listening':
        this.#ports.set(process, Number(entry['port']));
        break;
      case 'model_loaded':
      case 'model_reloaded':
        this.#use(process, model, entry);
        break;
      case 'model_unchanged':
        this.#end(process);
        break;
      case 'model_refused':
      case 'config_rejected':
        this.#refuse(process, entry);
        break;
      case 'canary_loaded':
        this.#loaded.set(process, model);
        this.#tried.add(Number(/^canary-(\d+)-/.exec(model)?.[1]));
        this.#count('loaded');
        break;
      case 'canary_returned':
        this.#return(process, model, entry);
        break;
      case 'canary_refused':
        this.#loaded.delete(process);
        // Written when the model in use has been exchanged without it, although it may have been loaded before that.
        this.#without(process, undefined);
        this.#count('refused');
        break;
      case 'canary_promoted':
        this.#count('promoted by command');
        break;
      default:
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

  /** Whether this canary has been loaded in any process. */
  hasLoaded(canary: number): boolean {
    return this.#tried.has(canary);
  }

  /** Whether it answers some of the keys in this process now. */
  isTrying(process: number, canary: number): boolean {
    return this.#eras.get(process)?.at(-1)?.canary === nameOfCanary(canary, process);
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

  #use(process: number, main: string, entry: LogEntry): void {
    this.#begin(process, { sinceMs: timeOf(entry), main, canary: this.#loaded.get(process) });
    this.#loaded.delete(process);
    if (entry.event === 'model_reloaded') this.#reloadMs.push(Number(entry['ms']));
    this.#end(process);
  }

  #refuse(process: number, { event, reason }: LogEntry): void {
    this.#loaded.delete(process);
    const why = `${event}: ${String(reason).replace(NAMES, '…').slice(0, REASON_MAX)}`;
    this.#refused[why] = (this.#refused[why] ?? 0) + 1;
    this.#end(process);
  }

  #return(process: number, canary: string, entry: LogEntry): void {
    if (this.#loaded.get(process) === canary) this.#loaded.delete(process);
    if (this.#eras.get(process)?.at(-1)?.canary === canary) this.#without(process, timeOf(entry));
    this.#count(`returned: ${entry['reason']}`);
  }

  /** The last era goes on without its canary. `sinceMs`: default: from its beginning. */
  #without(process: number, sinceMs: number | undefined): void {
    const last = this.#eras.get(process)?.at(-1);
    if (last?.canary === undefined) return;
    if (sinceMs === undefined) this.#eras.get(process)?.pop();
    this.#begin(process, { ...last, sinceMs: sinceMs ?? last.sinceMs, canary: undefined });
  }

  #begin(process: number, era: Era): void {
    const eras = this.#eras.get(process) ?? [];
    this.#eras.set(process, eras);
    eras.push(era);
  }

  #end(process: number): void {
    this.#outcomes.set(process, this.outcomesOf(process) + 1);
  }

  #count(what: string): void {
    this.#canaries[what] = (this.#canaries[what] ?? 0) + 1;
  }
}

function timeOf(entry: LogEntry): number {
  return Date.parse(String(entry['time']));
}
