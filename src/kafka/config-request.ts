import { KubesentimentError } from '../errors.ts';
import { int32, Reader, type RequestKind, text } from './wire.ts';

/** The requests that are made here. */
export const requests = {
  saslHandshake: { key: 17, version: 1, isCompact: false },
  describeConfigs: { key: 32, version: 1, isCompact: false },
  saslAuthenticate: { key: 36, version: 0, isCompact: false },
} as const satisfies Record<string, RequestKind>;
export const ResourceType = { topic: 2, broker: 4 } as const;

export interface Resource {
  readonly type: number;
  readonly name: string;
}

/** Name → value; null where the broker keeps it to itself. */
export type ResourceConfig = ReadonlyMap<string, string | null>;

/** DescribeConfigs version 1: all settings of each resource, without synonyms. */
export function describeConfigsBody(resources: readonly Resource[]): Buffer {
  const parts = resources.map(({ type, name }) => Buffer.concat([Buffer.of(type), text(name), int32(-1)]));
  return Buffer.concat([int32(parts.length), ...parts, Buffer.of(0)]);
}

/** The answer to it, in the order of the broker. KS_NOT_AUTHORIZED, KS_KAFKA_RETRIABLE. */
export function readDescribeConfigs(bytes: Buffer): Map<string, ResourceConfig> {
  const reader = new Reader(bytes);
  reader.int32(); // throttle time
  const found = new Map<string, ResourceConfig>();
  for (let resources = reader.int32(); resources > 0; resources--) {
    const error = reader.int16();
    const message = reader.text();
    reader.int8();
    const name = reader.text() ?? '';
    const entries = new Map<string, string | null>();
    for (let count = reader.int32(); count > 0; count--) {
      entries.set(reader.text() ?? '', reader.text());
      reader.skip(3); // read only, source, sensitive
      for (let synonyms = reader.int32(); synonyms > 0; synonyms--) {
        reader.text();
        reader.text();
        reader.skip(1);
      }
    }
    if (error !== 0) throw refused(error, message);
    found.set(name, entries);
  }
  return found;
}

/** SaslHandshake version 1. */
export function saslHandshakeBody(mechanism: string): Buffer {
  return text(mechanism);
}

/** SaslAuthenticate version 0. */
export function saslAuthenticateBody(token: Buffer): Buffer {
  return Buffer.concat([int32(token.length), token]);
}

/** Of an answer that begins with an error code. */
export function checkError(bytes: Buffer): void {
  const error = new Reader(bytes).int16();
  if (error !== 0) throw refused(error, null);
}

/** 29, 30, 31, 58: no right to topic, group or cluster, no login. */
const unauthorized: ReadonlySet<number> = new Set([29, 30, 31, 58]);

function refused(code: number, message: string | null): KubesentimentError {
  const known = unauthorized.has(code) ? 'KS_NOT_AUTHORIZED' : 'KS_KAFKA_RETRIABLE';
  return new KubesentimentError(
    known,
    `The broker does not tell its settings: error ${code}${message ? `, ${message}` : ''}.`,
  );
}
