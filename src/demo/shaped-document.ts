import type { Config } from '../config/schema.ts';
import { RECORD_KEY } from '../request-shape.ts';

type Request = Config['request'];
type Json = Record<string, unknown> | unknown[];

/** What a generated request says. */
export interface DemoRequest {
  readonly id: string;
  readonly text: string;
  readonly timestamp: number;
  readonly priority: string;
}

/** A document in which a configuration finds these fields: where its pointers lead, in its envelope. */
export function shapedDocument(
  request: Request,
  include: Readonly<Record<string, string>>,
  { id, text, timestamp, priority }: DemoRequest,
): unknown {
  const { envelope } = request;
  const isEvent = envelope === 'cloudevents';
  const content: Record<string, unknown> = {};
  const put = (pointer: string, value: unknown): void => {
    if (pointer !== '' && pointer !== RECORD_KEY) putAt(content, tokensOf(pointer), value);
  };
  const [first = ''] = request.text;
  if (first === '') return enveloped(envelope, text, { id, timestamp });
  put(first, text);
  if (!isEvent || request.id !== '/id') put(request.id, id);
  if (!isEvent || request.timestamp !== '/timestamp') put(request.timestamp, timestamp);
  put(request.priority, priority);
  for (const [name, pointer] of Object.entries(include)) put(pointer, `${name} of ${id}`);
  return enveloped(envelope, content, { id, timestamp });
}

function enveloped(
  envelope: Request['envelope'],
  content: unknown,
  { id, timestamp }: Pick<DemoRequest, 'id' | 'timestamp'>,
): unknown {
  switch (envelope) {
    case 'connect':
      return { schema: { type: 'struct' }, payload: content };
    case 'debezium':
      return { before: null, after: content, op: 'c' };
    case 'cloudevents':
      return {
        ...{ specversion: '1.0', id, source: '/demo', type: 'demo.request' },
        ...{ time: new Date(timestamp).toISOString(), data: content },
      };
    default:
      return content;
  }
}

function tokensOf(pointer: string): string[] {
  const tokens = pointer.split('/').slice(1);
  return tokens.map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** What is there already stays: an included member may hold the text. */
function putAt(root: Record<string, unknown>, tokens: readonly string[], value: unknown): void {
  let at: Json = root;
  for (const [i, token] of tokens.entries()) {
    const isLast = i === tokens.length - 1;
    const here = (at as Record<string, unknown>)[token];
    if (here === undefined)
      (at as Record<string, unknown>)[token] = isLast ? value : isIndex(tokens[i + 1]) ? [] : {};
    else if (typeof here !== 'object' || isLast) return;
    at = (at as Record<string, Json>)[token] as Json;
  }
}

function isIndex(token: string | undefined): boolean {
  return token !== undefined && /^(0|[1-9]\d?)$/.test(token);
}
