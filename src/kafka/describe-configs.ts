import { type BrokerAccess, BrokerConnection } from './broker-connection.ts';
import {
  describeConfigsBody,
  readDescribeConfigs,
  requests,
  type Resource,
  type ResourceConfig,
} from './config-request.ts';

/** Settings of topics and of the broker asked, by their name. KS_BROKER_UNREACHABLE, KS_NOT_AUTHORIZED. */
export async function describeConfigs(
  access: BrokerAccess,
  resources: readonly Resource[],
): Promise<Map<string, ResourceConfig>> {
  const connection = await BrokerConnection.open(access);
  try {
    return readDescribeConfigs(
      await connection.ask(requests.describeConfigs, describeConfigsBody(resources)),
    );
  } finally {
    connection.close();
  }
}
