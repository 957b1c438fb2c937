import type { LogFields } from '../../log.ts';
import type { LogEvent } from '../../log-events.ts';

/** info: as somebody wanted it. warn: it may have an effect on the figures. bad: somebody has to do something. */
export type NoteLevel = 'info' | 'warn' | 'bad';

export interface Notable {
  readonly level: NoteLevel;
  /** A name of a few words, for a chart. */
  readonly title: string;
  /** More of it, in a line; empty if there is nothing to add. undefined: nothing has happened. */
  readonly detail: (fields: LogFields) => string | undefined;
}

/** Log events that somebody looks for in a chart whose line has changed. */
export const notableEvents: Partial<Record<LogEvent, Notable>> = {
  service_started: note('info', 'Started'),
  service_draining: note('warn', 'Stopping', ({ inflight = 0 }) => `${inflight} messages in flight`),
  service_stopped: note('warn', 'Stopped'),
  service_failed: note('bad', 'Failed', ({ code = '' }) => `${code}`),
  broker_connected: note('info', 'Connected to Kafka'),
  partitions_assigned: note('warn', 'Partitions assigned', partitions),
  partitions_revoked: note('warn', 'Partitions revoked', partitions),
  partition_reset: note('bad', 'Partition reset', place),
  offsets_skipped: note('bad', 'Offsets skipped', place),
  model_reloaded: note('info', 'Model reloaded', ({ from = '?', to = '?' }) => `${from} → ${to}`),
  model_refused: note('bad', 'Model refused', reason),
  config_reloaded: note('info', 'Configuration reloaded', ({ changed }) => keys(changed)),
  config_rejected: note('bad', 'Configuration rejected', reason),
  credentials_renewed: note('info', 'Credentials renewed'),
  consumer_paused: note('warn', 'Paused', paused),
  consumer_resumed: note('info', 'Resumed', paused),
  dead_letter_flood: note('bad', 'Stopped by dead letters'),
  canary_loaded: note('info', 'Canary started', ({ version = '' }) => `${version}`),
  canary_refused: note('bad', 'Canary refused', reason),
  canary_promoted: note('info', 'Canary promoted', ({ version = '' }) => `${version}`),
  canary_returned: note('bad', 'Canary returned', reason),
};

/** Checks of `/readyz` that have no line in the log when they fail, or none when they are well again. */
export const notableChecks: Readonly<Record<string, readonly [failed: string, well: string]>> = {
  broker: ['Broker lost', 'Broker found'],
  topics: ['Topic missing', 'Topic found'],
  transactions: ['Not committing', 'Committing again'],
  readable: ['A partition stands still', 'All partitions move'],
  schemas: ['Schemas missing', 'Schemas found'],
};

function note(level: NoteLevel, title: string, detail: Notable['detail'] = () => ''): Notable {
  return { level, title, detail };
}

function reason({ reason: why = '' }: LogFields): string {
  return `${why}`;
}

function place({ topic = '?', partition = '?', from = '?', to = '?' }: LogFields): string {
  return `${topic}/${partition}: ${from} → ${to}`;
}

/** In a cooperative rebalance, most of what is logged is about no partition at all. */
function partitions({ partitions: count = '?' }: LogFields): string | undefined {
  if (count === 0) return undefined;
  return count === 1 ? '1 partition' : `${count} partitions`;
}

function paused({ paused: count = 0 }: LogFields): string {
  return count === 1 ? '1 partition is paused now' : `${count} partitions are paused now`;
}

/** Of lines such as `kafka.batch_size: 32 -> 64`: values may be long. */
function keys(changed: LogFields[string]): string {
  const lines = Array.isArray(changed) ? changed.map(String) : [];
  return lines.length === 0 ? 'nothing has changed' : lines.map((line) => line.split(':', 1)[0]).join(', ');
}
