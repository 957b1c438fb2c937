import { hasSchemas, type RequestShape, type ResultShape } from '../request-shape.ts';
import type { MappingOptions } from './binding.ts';

const envelopes: readonly RequestShape['envelope'][] = ['none', 'connect', 'debezium', 'cloudevents'];

/** The configured mapping, as native code takes it. */
export function mappingOf(request: RequestShape, result: Omit<ResultShape, 'format'>): MappingOptions {
  return {
    isText: request.format === 'text' ? 1 : 0,
    framing: request.format === 'auto' ? 2 : hasSchemas(request) ? 1 : 0,
    envelope: envelopes.indexOf(request.envelope),
    isStrict: request.strict ? 1 : 0,
    needsObject: result.shape === 'request' ? 1 : 0,
    text: request.text,
    id: request.id,
    timestamp: request.timestamp,
    priority: request.priority,
    includeNames: Object.keys(result.include),
    includePointers: Object.values(result.include),
  };
}
