export { KafkaNode, type KafkaNodeOptions } from '../../src/kafka/local/kafka-node.ts';
