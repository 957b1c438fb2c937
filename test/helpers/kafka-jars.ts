import { javaOf, KAFKA_VERSION, whyNoBroker } from '../../src/kafka/local/kafka-jars.ts';

export {
  classPathOf,
  kafkaClassPath,
  KAFKA_VERSION,
  SLF4J_VERSION,
} from '../../src/kafka/local/kafka-jars.ts';

/** The `java` to run Kafka with. */
export const java = javaOf(process.env['JAVA_HOME']);

/** The version that the tests run against: the product's own, or another that is to be tried. */
export const testedKafka = process.env['KUBESENTIMENT_TEST_KAFKA'] || KAFKA_VERSION;

/** Whether a broker can be started here, and if not, why not: a sentence for the list of skipped tests. */
export function brokerAvailability(): { readonly available: boolean; readonly reason: string } {
  availability ??= process.env['KUBESENTIMENT_TEST_NO_BROKER'] || (whyNoBroker(java, testedKafka) ?? '');
  return { available: availability === '', reason: availability };
}
let availability: string | undefined;
