import { RECORD_KEY, type RequestShape, type ResultShape } from '../request-shape.ts';

/** As `RequestField` in native/request_mapping.h; the included members follow the texts. */
const fieldOf = { id: 0, timestamp: 1, priority: 2, version: 3, operation: 4, texts: 6 } as const;

/** Which fields stand at a place of a value: one bit for each. */
export interface PointerTree {
  here: bigint;
  /** Here or somewhere below. */
  all: bigint;
  readonly children: Map<string, PointerTree>;
}

export interface FieldTree {
  readonly root: PointerTree;
  /** The bits of those fields that are texts. */
  readonly texts: bigint;
}

/** Where the fields of a request stand in a value that is not JSON, as `compile` in native/request_mapping.cc. */
export function fieldTree(request: RequestShape, result: Pick<ResultShape, 'include'>): FieldTree {
  const root = newTree();
  const contents = request.envelope === 'debezium' ? ['/after', '/payload/after'] : [''];
  const addTo = (pointer: string, field: number) => {
    for (const content of contents) add(root, content + pointer, field);
  };
  let field: number = fieldOf.texts;
  for (const text of request.text) addTo(text, field++);
  const texts = (1n << BigInt(field)) - (1n << BigInt(fieldOf.texts));
  for (const pointer of Object.values(result.include)) addTo(pointer, field++);
  for (const name of ['id', 'timestamp', 'priority'] as const) {
    if (request[name] !== '' && request[name] !== RECORD_KEY) addTo(request[name], fieldOf[name]);
  }
  const [first = ''] = request.text;
  if (first !== '') addTo(`${first.slice(0, first.lastIndexOf('/'))}/encryption_version`, fieldOf.version);
  if (request.envelope === 'debezium') {
    add(root, '/op', fieldOf.operation);
    add(root, '/payload/op', fieldOf.operation);
  }
  return { root, texts };
}

/** The place in a list that a name of a pointer stands for. */
export function indexOf(name: string): number | undefined {
  return /^(0|[1-9]\d{0,8})$/.test(name) ? Number(name) : undefined;
}

function newTree(): PointerTree {
  return { here: 0n, all: 0n, children: new Map() };
}

function add(root: PointerTree, pointer: string, field: number): void {
  const bit = 1n << BigInt(field);
  let at = root;
  at.all |= bit;
  for (const token of pointer.split('/').slice(1)) {
    const name = token.replaceAll('~1', '/').replaceAll('~0', '~');
    const next = at.children.get(name) ?? newTree();
    at.children.set(name, next);
    at = next;
    at.all |= bit;
  }
  at.here |= bit;
}
