import type { LogFields } from '../../log.ts';
import type { LogEvent } from '../../log-events.ts';
import type { HealthCheck } from '../service-view.ts';
import { KEPT_SECONDS } from './live-history.ts';
import { notableChecks, notableEvents, type NoteLevel } from './notable.ts';

/** A mark on the charts of the live page. */
export interface LiveEvent {
  /** When it happened, or began to: seconds since 1970. */
  readonly at: number;
  /** That of the log event, or of the check. Unique together with `at`. */
  readonly name: string;
  readonly level: NoteLevel;
  readonly title: string;
  /** Of the last one. */
  readonly detail: string;
  /** How many times within `TOGETHER_SECONDS`. */
  readonly count: number;
}

const EVENTS_MAX = 200;
const DETAIL_LENGTH_MAX = 300;
/** What happens again this soon is one mark: each consumer logs its own part of a rebalance. */
const TOGETHER_SECONDS = 10;

/** What has happened in the last hour, at most 200 times: what was logged, and checks that failed or are well again. */
export class LiveEvents {
  readonly #now: () => number;
  #events: LiveEvent[] = [];
  /** Checks that failed when they were looked at last. */
  #failing = new Set<string>();
  #changed: LiveEvent[] = [];

  /** `now`: seconds since 1970. */
  constructor(now: () => number = () => Date.now() / 1_000) {
    this.#now = now;
  }

  /** To be told of each event of the log; most of them are none of ours. */
  logged(event: LogEvent, fields: LogFields): void {
    const notable = notableEvents[event];
    if (notable === undefined) return;
    const detail = notable.detail(fields);
    if (detail !== undefined) this.#add(event, notable.level, notable.title, detail);
  }

  /** Once a second. */
  look(checks: readonly HealthCheck[]): void {
    this.#forget(); // or what lies in the future would come back when that time has come
    for (const { name, ok, reason = '' } of checks) {
      const titles = notableChecks[name];
      if (titles === undefined || ok !== this.#failing.has(name)) continue;
      if (ok) {
        this.#failing.delete(name);
        this.#add(`${name}_well`, 'info', titles[1], '');
      } else {
        this.#failing.add(name);
        this.#add(`${name}_failed`, 'bad', titles[0], reason);
      }
    }
  }

  /** Oldest first. */
  list(): readonly LiveEvent[] {
    this.#forget();
    return this.#events;
  }

  /** Those that are new, or have happened again, since the last call. */
  takeChanged(): readonly LiveEvent[] {
    const changed = this.#changed;
    if (changed.length > 0) this.#changed = [];
    return changed;
  }

  /** What is too long ago. And as with the samples: a time in the future is that of a clock which was wrong. */
  #forget(): void {
    const now = this.#now();
    const isKept = ({ at }: LiveEvent): boolean => at >= now - KEPT_SECONDS && at <= now;
    if (!this.#events.every(isKept)) this.#events = this.#events.filter(isKept);
  }

  #add(name: string, level: NoteLevel, title: string, detail: string): void {
    const now = this.#now();
    this.#forget();
    const before = this.#events.find((event) => event.name === name && now - event.at < TOGETHER_SECONDS);
    const event: LiveEvent = {
      at: before?.at ?? now,
      ...{ name, level, title },
      detail: detail.slice(0, DETAIL_LENGTH_MAX),
      count: (before?.count ?? 0) + 1,
    };
    this.#events = withEvent(this.#events, before, event);
    this.#changed = withEvent(this.#changed, before, event);
  }
}

/** `event` in the place of the one before it, if that is there. */
function withEvent(
  events: readonly LiveEvent[],
  before: LiveEvent | undefined,
  event: LiveEvent,
): LiveEvent[] {
  if (before !== undefined && events.includes(before))
    return events.map((each) => (each === before ? event : each));
  return [...events, event].slice(-EVENTS_MAX);
}
