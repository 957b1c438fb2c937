import { choice, list, text, textMap } from './field.ts';
import { TOPIC_PATTERN } from './kafka-consume.ts';
import { POINTER_PATTERN } from './request.ts';

/** As `kMaxIncluded` in native/request_mapping.h. */
const INCLUDED_MAX = 32;
/** As many labels as a model may have. */
const ROUTES_MAX = 255;

/** What comes out. */
export const result = {
  format: choice(
    'What a result is. json: a JSON document. json_schema, avro, protobuf: what a Schema Registry serializer writes, ' +
      'with its frame of five bytes; the schema is looked up at the start under TOPIC-value, or registered.',
    ['json', 'json_schema', 'avro', 'protobuf'],
    'json',
  ),
  shape: choice(
    'record: a JSON object of its own. request: the request as it came, with that object as one more member.',
    ['record', 'request'],
    'record',
  ),
  member: text('Name of the member that is added with shape: request.', { default: 'sentiment' }),
  include: textMap(
    'Members of the result that are copied from the request, as they stand there: a name and a JSON Pointer for ' +
      'each. Together at most 16 KiB. With format: avro or protobuf they are in a map of texts, each as JSON.',
    {
      allowed: 'names with JSON Pointers, like {user_id: /metadata/user_id}, at most 32',
      pattern: POINTER_PATTERN,
      max: INCLUDED_MAX,
    },
  ),
  routes: textMap(
    'Topics for the results of some labels: a label and a topic for each. The results of all other labels go to ' +
      'kafka.results_topic.',
    {
      allowed: 'labels of the model with topics, like {NEGATIVE: sentiment_alerts}',
      pattern: TOPIC_PATTERN,
      max: ROUTES_MAX,
    },
  ),
  headers: list(
    'Headers of the request that its result carries: all, none, or the names. x-consumer-group is always there; ' +
      'x-headers-omitted where they did not fit into the topic.',
    { default: ['all'], allowed: 'all, none, or a list of names' },
  ),
  timestamp: choice(
    'Timestamp of the record. now: when it is written. request: that of the record of the request.',
    ['now', 'request'],
    'now',
  ),
};
