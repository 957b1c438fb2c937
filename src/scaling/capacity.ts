/** What a process did in a piece of time. */
export interface Work {
  readonly elapsedS: number;
  /** Messages committed. */
  readonly messages: number;
  /** Share of the time in which its busiest part worked, 0…1. */
  readonly busy: number;
  /** The same of the last ten seconds. */
  readonly busyLately: number;
  /** Messages waited all the time, so it did as much as it could, whatever its limit is. */
  readonly isFull: boolean;
}

/** From here on a process shows what it can do. With less to do its batches are small, and a message costs more. */
const NEARLY_FULL = 0.95;
/** Below this most of the time goes into asking whether there is something to do. */
const WORTH_COUNTING = 0.1;

/**
 * How many messages a second this process can carry: what it does, divided by the share of its time that it takes.
 * Where messages wait all the time that share is one, so a slow broker counts as well as a slow model.
 */
export class Capacity {
  /** Never too high, since small batches cost more. */
  readonly #always = new WorkRate();
  /** Of times with much to do: right, until the messages are others. */
  readonly #nearlyFull = new WorkRate();
  /** Without a single message, although many waited: what it was for shows later. */
  #silentS = 0;

  observe(work: Work): void {
    if (work.isFull && work.messages === 0) {
      this.#silentS += work.elapsedS;
      return;
    }
    const all = { ...work, elapsedS: work.elapsedS + this.#silentS };
    this.#silentS = 0;
    if (all.isFull || all.busyLately >= WORTH_COUNTING) this.#always.observe(all);
    if (all.isFull || all.busyLately >= NEARLY_FULL) this.#nearlyFull.observe(all);
  }

  /** Something kept it from working: that says nothing about what it can do. */
  interrupted(): void {
    this.#silentS = 0;
  }

  /** Messages a second; undefined before enough was done. */
  get perSecond(): number | undefined {
    const [always, nearlyFull] = [this.#always.perSecond, this.#nearlyFull.perSecond];
    return always === undefined ? nearlyFull : Math.max(always, nearlyFull ?? 0);
  }
}

/** Time constant of the average, in seconds of work: an idle hour forgets nothing. */
const MEMORY_S = 20;
/** Of work, before anything is said. */
const WORKED_MIN_S = 1;

/** Messages for each second of work. */
class WorkRate {
  #workedS = 0;
  #messages = 0;

  observe({ elapsedS, messages, busy, isFull }: Work): void {
    const workedS = elapsedS * (isFull ? 1 : Math.min(1, Math.max(0, busy)));
    const kept = Math.exp(-workedS / MEMORY_S);
    this.#workedS = this.#workedS * kept + workedS;
    this.#messages = this.#messages * kept + messages;
  }

  get perSecond(): number | undefined {
    return this.#workedS < WORKED_MIN_S || this.#messages === 0 ? undefined : this.#messages / this.#workedS;
  }
}
