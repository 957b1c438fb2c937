import { type BrokerAccess, BrokerConnection } from './broker-connection.ts';
import type { RequestKind } from './wire.ts';

/** Sends a request and resolves with the answer, from the first byte after the correlation id. */
export type Ask = (kind: RequestKind, body: Buffer) => Promise<Buffer>;

/** A connection to one broker for some questions. KS_BROKER_UNREACHABLE, KS_NOT_AUTHORIZED. */
export async function askBroker<T>(access: BrokerAccess, questions: (ask: Ask) => Promise<T>): Promise<T> {
  const connection = await BrokerConnection.open(access);
  try {
    return await questions((kind, body) => connection.ask(kind, body));
  } finally {
    connection.close();
  }
}

/** Each broker is asked, since each knows only its part. Without the answers of those that have none. */
export async function askBrokers<T>(
  brokers: readonly BrokerAccess[],
  questions: (ask: Ask) => Promise<T>,
): Promise<T[]> {
  const answers = await Promise.allSettled(brokers.map((access) => askBroker(access, questions)));
  return answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
}
