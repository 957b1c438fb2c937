/** What requests and results look like, where they are not the plain JSON of most runs. Routes are always on. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import avro from 'avsc';
import { resultSchemas } from '../../src/registry/result-schemas.ts';
import { originReader } from '../../src/verify/origin.ts';
import { framed, startRegistry } from '../helpers/schema-registry.ts';
import { ALERTS, allTopics, type Origins, ownOrigins } from './check.ts';

export const dataKinds = ['json', 'enriched', 'avro'] as const;
export type DataKind = (typeof dataKinds)[number];

export interface ChaosData {
  readonly kind: DataKind;
  readonly settings: Readonly<Record<string, string>>;
  readonly origins: Origins;
  readonly createValue: (number: number) => Buffer;
  /** Values that can never be processed. */
  readonly badValues: readonly (Buffer | null)[];
  close(): Promise<void>;
}

/** What `kubesentiment verify` makes of the topics afterwards. */
export interface OwnVerdict {
  readonly code: number;
  readonly requests: number;
  readonly results: number;
  readonly deadLetters: number;
}

const routes = { 'result.routes': JSON.stringify({ NEGATIVE: ALERTS }) };
const mapping = { 'request.text': '/body/text', 'request.id': '/number', ...routes };
const AWAY_EVERY_MS = 20_000;
const AWAY_MS = 5_000;

const orderType = avro.Type.forSchema({
  type: 'record',
  name: 'Order',
  fields: [
    { name: 'number', type: 'long' },
    { name: 'tags', type: { type: 'map', values: 'int' } },
    {
      name: 'body',
      type: ['null', { type: 'record', name: 'Body', fields: [{ name: 'text', type: ['null', 'string'] }] }],
    },
  ],
});

/** undefined: plain JSON, and no routes. */
export async function openData(kind: DataKind): Promise<ChaosData | undefined> {
  if (kind === 'json') return undefined;
  return kind === 'enriched' ? enriched() : inAvro();
}

/** Requests that come out as they came, with the result as a member. */
function enriched(): ChaosData {
  const price = '{"price": 1.50 , "text":';
  return {
    kind: 'enriched',
    settings: { ...mapping, 'result.shape': 'request', 'result.member': 'sentiment' },
    origins: { ...ownOrigins, result: originReader('/sentiment/source', undefined) },
    createValue: (number) =>
      Buffer.from(`{"number":${number},"body":${price}${JSON.stringify(textOf(number))}},"tags":["é"]}\n`),
    badValues: [
      null,
      ...['{"number":1', '[]', '', '{"body":{"text":5}}', '{"text":"elsewhere"}', '\u0000'].map((text) =>
        Buffer.from(text),
      ),
    ],
    close: async () => undefined,
  };
}

/** Requests and results in Avro. The registry has no answer for a while, again and again. */
async function inAvro(): Promise<ChaosData> {
  const registry = await startRegistry();
  const request = await registry.register('orders-value', 'AVRO', JSON.stringify(orderType.schema()));
  const { text } = resultSchemas.avro;
  const result = await registry.register(`${allTopics.results}-value`, 'AVRO', text);
  const resultType = avro.Type.forSchema(JSON.parse(text));
  const read = (value: Buffer | null): unknown => {
    if (value?.[0] !== 0 || value.readUInt32BE(1) !== result) throw new Error('It has another schema.');
    return resultType.fromBuffer(value.subarray(5));
  };
  const timers = [
    setInterval(() => {
      registry.signal('SIGSTOP');
      timers[1] = setTimeout(() => registry.signal('SIGCONT'), AWAY_MS);
    }, AWAY_EVERY_MS),
  ];
  const value = (number: number): Buffer =>
    framed(request, orderType.toBuffer({ number, tags: { a: number }, body: { text: textOf(number) } }));
  const broken = [[1], [0, 1, 2], [0, 0, 2, 2, 9], [0, 0, 2, 2, 1], [0, 0, 2, 2, 2, 0x61, 0], [0, 0, 0]];
  return {
    kind: 'avro',
    settings: {
      ...mapping,
      ...{ 'request.format': 'avro', 'request.timestamp': '', 'request.priority': '' },
      ...{ 'result.format': 'avro', 'schema_registry.url': registry.url },
    },
    origins: { ...ownOrigins, result: originReader('/source', undefined, read) },
    createValue: value,
    badValues: [
      null,
      Buffer.from('{"body":{"text":"JSON"}}'),
      ...broken.map((bytes) => framed(request, Uint8Array.from(bytes))),
    ],
    close: async () => {
      for (const timer of timers) clearTimeout(timer);
      await registry.stop();
    },
  };
}

function textOf(number: number): string {
  return `Number ${number} was ${number % 2 === 0 ? 'a joy from the first minute' : 'a bore to the last minute'}.`;
}

/** The command of the product, with what its members were told. */
export async function verifyOwn(
  product: string,
  settings: Readonly<Record<string, string | number | boolean>>,
): Promise<OwnVerdict> {
  const options = Object.entries(settings).flatMap(([key, value]) => ['--set', `${key}=${value}`]);
  const args = [join(product, 'bin/kubesentiment.cjs'), 'verify', '--json', ...options];
  const child = spawn(process.execPath, args, { cwd: product, stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (data) => (output += data));
  const [code] = (await once(child, 'close')) as [number];
  const { requests, results, deadLetters } = JSON.parse(output === '' ? '{}' : output) as OwnVerdict;
  return { code, requests, results, deadLetters };
}
