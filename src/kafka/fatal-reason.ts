import { setImmediate as turn } from 'node:timers/promises';
import { KubesentimentError } from '../errors.ts';
import { codeOf, rdkafka } from './codes.ts';

interface LogEvent {
  readonly fac: string;
  readonly message: string;
}

/** A client of node-rdkafka. */
export interface LogSource {
  on(event: 'event.log', listener: (event: LogEvent) => void): unknown;
}

const RESTART = 'Start it again; nothing was lost.';

/**
 * Why a client cannot go on. Events and polls say "fatal error" and no more; librdkafka's log has the reason, and comes
 * as an event of its own.
 */
export class FatalReason {
  #sentence: string | undefined;
  #code: number | undefined;
  /** Since the last assignment. */
  #hasTimedOut = false;

  constructor(client: object) {
    (client as LogSource).on('event.log', ({ fac, message }) => {
      if (fac === 'SESSTMOUT') this.#hasTimedOut = true;
      if (fac !== 'FATAL' || this.#sentence !== undefined) return;
      this.#sentence = /Fatal error: (.*)/.exec(message)?.[1] ?? message;
      this.#code = codeOf(/Fatal error: \w+: (.*?): /.exec(message)?.[1] ?? '');
    });
  }

  /** The group knows this member again. */
  assigned(): void {
    this.#hasTimedOut = false;
  }

  /**
   * The error to end with. Between a session that timed out and the next join librdkafka goes on without a member id,
   * and a group that still knows the old one takes it for another process with the same group_instance_id.
   */
  async explain(client: string, isGivingBack = false): Promise<KubesentimentError> {
    await turn(); // the log may come a moment later
    const isInstance = this.#code === rdkafka.fencedInstance;
    if (isInstance && (isGivingBack || this.#hasTimedOut)) {
      const sentence = `The session of ${client} timed out, and the group refuses it until it is started again.`;
      return new KubesentimentError('KS_MEMBER_FENCED', sentence, { remedy: RESTART });
    }
    const reason = this.#sentence ?? 'no reason given';
    return new KubesentimentError('KS_KAFKA_FATAL', `librdkafka gave up on ${client}: ${reason}.`, {
      remedy:
        isInstance || this.#code === rdkafka.unreleasedInstance
          ? 'Start it again; if another process has the same group_instance_id, give each one of its own.'
          : RESTART,
    });
  }
}
