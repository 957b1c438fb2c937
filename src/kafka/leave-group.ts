import { setImmediate as turn } from 'node:timers/promises';

/** What a consumer of node-rdkafka does here. */
interface RawConsumer {
  isConnected(): boolean;
  unsubscribe(): unknown;
  assignments(): readonly unknown[];
}

export interface Member {
  readonly raw: object;
  readonly poll: () => Promise<unknown>;
  /** Rebalances that librdkafka waits for an answer to. */
  readonly rebalancesPending: () => number;
}

const TIMEOUT_MS = 10_000;

/**
 * Closing waits without end for the answer to a rebalance that began before, and node-rdkafka cannot give one
 * while it closes. So the group is left first, and whatever it still asks for is answered.
 */
export async function leaveGroup({ raw: client, poll, rebalancesPending }: Member): Promise<void> {
  const raw = client as RawConsumer;
  if (!raw.isConnected()) return;
  const deadline = performance.now() + TIMEOUT_MS;
  raw.unsubscribe();
  for (let quietPolls = 0; quietPolls < 2 && performance.now() < deadline; ) {
    await poll();
    await turn();
    const isQuiet = rebalancesPending() === 0 && raw.assignments().length === 0;
    quietPolls = isQuiet ? quietPolls + 1 : 0;
  }
}
