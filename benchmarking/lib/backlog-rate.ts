import { GroupReader } from '../../src/kafka/group-reader.ts';
import { uniqueName } from '../../test/helpers/kafka-broker.ts';

/** How many offsets of a topic are visible to readers of committed records. */
export async function positionsOf(server: string, topic: string): Promise<number> {
  const properties = { 'metadata.broker.list': server };
  const reader = new GroupReader({ group: uniqueName('bench'), properties });
  try {
    await reader.connect();
    const ends = await reader.ends(await reader.partitionsOf(topic));
    return ends.reduce((sum, { high }) => sum + high, 0);
  } finally {
    await reader.close();
  }
}
