import { RECORD_KEY } from '../../request-shape.ts';
import { choice, flag, list, text } from './field.ts';

/** RFC 6901: the empty pointer stands for the whole document. */
export const POINTER_PATTERN = /^(\/([^~/]|~[01])*)*$/;
const PLACE_PATTERN = /^(\$key|(\/([^~/]|~[01])*)*)$/;
/** As `kMaxTexts` in native/request_mapping.h. */
const TEXTS_MAX = 16;

const place = (help: string, fallback: string) =>
  text(`${help} A JSON Pointer, $key for the record key, or an empty string to leave it out.`, {
    default: fallback,
    min: 0,
    pattern: PLACE_PATTERN,
    allowed: 'a JSON Pointer like /payload/id, $key, or an empty string',
    literals: [RECORD_KEY],
  });

/** What a request looks like. */
export const request = {
  format: choice(
    'What a value is. json: a JSON document. text: the text itself; id, timestamp and priority can only be $key. ' +
      'json_schema, avro, protobuf: what a Schema Registry serializer writes, with its frame of five bytes or its ' +
      'header. auto: any of those three, or JSON without a frame; each value is looked at.',
    ['json', 'text', 'json_schema', 'avro', 'protobuf', 'auto'],
    'json',
  ),
  text: list(
    'Where the text stands: a JSON Pointer (RFC 6901) into the content of the envelope. An empty string means the ' +
      'content itself, if that is a string. A list: those that are there, joined by line feeds.',
    {
      default: ['/text'],
      allowed: 'JSON Pointers like /payload/body, at most 16',
      pattern: POINTER_PATTERN,
      min: 0,
      max: TEXTS_MAX,
    },
  ),
  id: place('Where to find the id. Requests without one are identified as topic-partition-offset.', '/id'),
  timestamp: place('Where to find the timestamp, which the result repeats.', '/timestamp'),
  priority: place('Where to find the priority: high, medium or low.', '/priority'),
  envelope: choice(
    'What is around the content. connect: the payload of a schema and payload of Kafka Connect. debezium: the ' +
      'state after a change; deletes are tombstones. cloudevents: the data or data_base64 of an event, structured or ' +
      'with ce_ headers; id and timestamp are those of the event, unless pointers other than the defaults are given. ' +
      'A content that is a string with a JSON object in it is read as that object.',
    ['none', 'connect', 'debezium', 'cloudevents'],
    'none',
  ),
  tombstones: choice(
    'What a record without a value is, and a deletion of an envelope. skip: counted and passed over. dead_letter: a ' +
      'malformed request.',
    ['skip', 'dead_letter'],
    'skip',
  ),
  strict: flag(
    'false: a byte-order mark is passed over, half a surrogate pair becomes U+FFFD, and NaN and Infinity may stand ' +
      'in members that nobody reads. true: all three are invalid_json.',
    false,
  ),
};
