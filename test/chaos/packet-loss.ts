import { setTimeout as sleep } from 'node:timers/promises';
import type { KafkaConnection, Request, Traffic } from './kafka-connection.ts';
import type { LateRequests, Moment } from './late-requests.ts';
import type { LossyNetwork } from './lossy-network.ts';
import { type Api, errorName, errorsIn } from './protocol.ts';

export interface LossCounts {
  /** Connections whose packets were lost from right before an EndTxn on. */
  losses: number;
  /** What the broker answered to what arrived after all, by the names of request and error. */
  readonly answers: Record<string, number>;
}

interface Loss {
  readonly transactionalId: string;
  readonly port: number;
  /** The client has ended the transaction on another connection. */
  isOver: boolean;
}

/** The client gives up before, and says it again on a new connection. */
const LOSS_MS_MAX = 30_000;
const STEP_MS = 20;
/** Requests that go the same way as EndTxn. */
const toCoordinator: ReadonlySet<Api> = new Set(['initProducerId', 'addPartitions', 'addOffsets', 'endTxn']);

/**
 * Loses the packets of the connection that is about to carry the end of a transaction, until the client has ended it on
 * another one.
 */
export class PacketLoss implements Traffic {
  readonly counts: LossCounts = { losses: 0, answers: {} };
  readonly #network: LossyNetwork;
  readonly #late: LateRequests;
  /** Port of the connection to the coordinator, by transactional id. */
  readonly #ports = new Map<string, number>();
  readonly #losses = new Map<number, Loss>();
  #wanted: ((loss: Loss) => void) | undefined;

  constructor(network: LossyNetwork, late: LateRequests) {
    this.#network = network;
    this.#late = late;
  }

  /**
   * Resolves when the packets of one connection were lost for long enough; they arrive when they are sent next. With a
   * `moment` the broker gets them then, else at once, whatever is open.
   */
  async lose(moment?: Moment): Promise<void> {
    const loss = await Promise.race([
      new Promise<Loss>((done) => {
        this.#wanted = done;
      }),
      sleep(LOSS_MS_MAX, undefined, { ref: false }),
    ]);
    this.#wanted = undefined;
    if (loss === undefined) throw new Error('No transaction has come to its end.');
    const deadline = performance.now() + LOSS_MS_MAX;
    while (!loss.isOver && performance.now() < deadline) await sleep(STEP_MS);
    if (moment !== undefined) {
      this.#losses.delete(loss.port);
      this.#late.expect(loss.port, moment);
    }
    this.#network.heal(loss.port);
  }

  /** Resolves when what was lost has arrived, or is given up. */
  async settled(): Promise<void> {
    const deadline = performance.now() + LOSS_MS_MAX;
    while (this.#losses.size > 0 && performance.now() < deadline) await sleep(STEP_MS);
  }

  holds({ transaction }: Request, connection: KafkaConnection): boolean {
    // The answer to what was lost is worth knowing, though its client has gone.
    if (this.#losses.has(connection.clientPort)) connection.keep();
    else if (transaction !== undefined && toCoordinator.has(transaction.api))
      this.#ports.set(transaction.transactionalId, connection.clientPort);
    return false;
  }

  answered({ header, transaction }: Request, response: Buffer, connection: KafkaConnection): void {
    if (transaction === undefined) return;
    const { api, transactionalId } = transaction;
    const code = errorsIn(header, response).find((error) => error.code !== 0)?.code ?? 0;
    const own = this.#losses.get(connection.clientPort);
    const port = this.#ports.get(transactionalId);
    if (own !== undefined) {
      const name = `${api} ${errorName(code)}`;
      this.counts.answers[name] = (this.counts.answers[name] ?? 0) + 1;
      this.#losses.delete(own.port);
      connection.close();
    } else if (api === 'offsetCommit' && port !== undefined && code === 0) {
      this.#begin(transactionalId, port);
    } else if (api === 'endTxn' && code === 0) {
      for (const loss of this.#losses.values())
        if (loss.transactionalId === transactionalId) loss.isOver = true;
    }
  }

  /** Before the client gets this answer, so that the end of the transaction is lost for certain. */
  #begin(transactionalId: string, port: number): void {
    const wanted = this.#wanted;
    if (wanted === undefined || this.#losses.has(port)) return;
    this.#wanted = undefined;
    this.#network.lose(port);
    this.counts.losses++;
    const loss: Loss = { transactionalId, port, isOver: false };
    this.#losses.set(port, loss);
    wanted(loss);
  }
}
