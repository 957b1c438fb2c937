import { askBroker } from './ask-broker.ts';
import type { BrokerAccess } from './broker-connection.ts';
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
  return readDescribeConfigs(
    await askBroker(access, (ask) => ask(requests.describeConfigs, describeConfigsBody(resources))),
  );
}
