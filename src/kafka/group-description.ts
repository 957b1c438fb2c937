import { type BrokerAccess, BrokerConnection } from './broker-connection.ts';
import { compactList, int32, noTags, Reader, type RequestKind, text } from './wire.ts';

const listGroups: RequestKind = { key: 16, version: 5, isCompact: true };
const describeGroups: RequestKind = { key: 15, version: 0, isCompact: false };

/** What the members of a group have in common. */
export interface GroupDescription {
  /** `consumer`, or `connect` for the workers of Kafka Connect; empty before the first member has come. */
  readonly protocolType: string;
  /** `classic`, or `consumer` with KIP-848. */
  readonly type: string;
  /** `Empty` without members. */
  readonly state: string;
  /** How the classic members assign partitions; undefined where that is not known. */
  readonly assignor: string | undefined;
}

/**
 * Each broker knows the groups that it coordinates, so all are asked. Undefined if none answers with it: the
 * group does not exist, the user may not see it, or the brokers are older than Kafka 3.8.
 */
export async function describeGroup(
  brokers: readonly BrokerAccess[],
  group: string,
): Promise<GroupDescription | undefined> {
  const answers = await Promise.allSettled(brokers.map((access) => askFor(access, group)));
  return answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : [])).find(Boolean);
}

async function askFor(access: BrokerAccess, group: string): Promise<GroupDescription | undefined> {
  const connection = await BrokerConnection.open(access);
  try {
    const anyStateAndType = Buffer.concat([compactList([]), compactList([]), noTags]);
    const listed = readList(await connection.ask(listGroups, anyStateAndType)).find(({ id }) => id === group);
    if (listed === undefined) return undefined;
    const body = Buffer.concat([int32(1), text(group)]);
    const assignor =
      listed.type.toLowerCase() === 'classic' ? await connection.ask(describeGroups, body) : undefined;
    return { ...listed, assignor: assignor && readAssignor(assignor) };
  } finally {
    connection.close();
  }
}

function readList(bytes: Buffer): (Omit<GroupDescription, 'assignor'> & { readonly id: string })[] {
  const reader = new Reader(bytes);
  reader.skipTags();
  reader.int32(); // throttle time
  reader.int16(); // on an error, such as a coordinator that is loading, the list is empty
  return reader.compactList(() => ({
    id: reader.compactText() ?? '',
    protocolType: reader.compactText() ?? '',
    state: reader.compactText() ?? '',
    type: reader.compactText() ?? '',
  }));
}

/** Empty while the members agree on one. */
function readAssignor(bytes: Buffer): string | undefined {
  const reader = new Reader(bytes);
  if (reader.int32() < 1 || reader.int16() !== 0) return undefined;
  for (let skipped = 0; skipped < 3; skipped++) reader.text(); // group, state, protocol type
  return reader.text() || undefined;
}
