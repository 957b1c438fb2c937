import { askBroker } from './ask-broker.ts';
import type { BrokerAccess } from './broker-connection.ts';
import { throwIfRefused } from './broker-refusal.ts';
import { int32, int8, Reader, type RequestKind, text } from './wire.ts';

const createAcls: RequestKind = { key: 30, version: 1, isCompact: false };
/** By their numbers in the protocol. */
const resourceTypes = { topic: 2, group: 3, 'transactional-id': 5 } as const;
const operations = { read: 3, write: 4, describe: 8 } as const;
const patterns = { exactly: 3, 'names that begin with': 4 } as const;
const ALLOW = 3;

/** A right that a user needs. */
export interface Right {
  readonly resource: keyof typeof resourceTypes;
  readonly name: string;
  readonly match: keyof typeof patterns;
  readonly operation: keyof typeof operations;
}

/**
 * Lets a user (`User:alice`) do these things from any address; what it may do already stays. KS_NOT_AUTHORIZED,
 * KS_STATE where the cluster has no authorizer.
 */
export async function grantRights(
  access: BrokerAccess,
  principal: string,
  rights: readonly Right[],
): Promise<void> {
  const each = rights.map(({ resource, name, match, operation }) =>
    Buffer.concat([
      ...[int8(resourceTypes[resource]), text(name), int8(patterns[match]), text(principal), text('*')],
      ...[int8(operations[operation]), int8(ALLOW)],
    ]),
  );
  const body = Buffer.concat([int32(each.length), ...each]);
  const reader = new Reader(await askBroker(access, (ask) => ask(createAcls, body)));
  reader.int32(); // throttle time
  const count = reader.int32();
  for (let i = 0; i < count; i++) {
    const code = reader.int16();
    throwIfRefused(code, `Granting rights on ${rights[i]?.name}`, reader.text());
  }
}
