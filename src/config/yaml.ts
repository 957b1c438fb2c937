import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  stringify,
} from 'yaml';

/** A YAML value that remembers its place in the source. Aliases are resolved. */
export type YamlNode = { readonly start: number; readonly end: number } & (
  | { readonly kind: 'scalar'; readonly value: unknown }
  | { readonly kind: 'list'; readonly items: readonly YamlNode[] }
  | { readonly kind: 'map'; readonly entries: readonly YamlEntry[] }
);

export interface YamlEntry {
  readonly name: string;
  readonly start: number;
  readonly value: YamlNode;
}

export interface YamlFault {
  readonly start: number;
  readonly message: string;
}

export interface YamlSource {
  /** undefined for an empty document and for a broken one. */
  readonly root: YamlNode | undefined;
  readonly faults: readonly YamlFault[];
  /** Line and column, from 1. */
  position(offset: number): { line: number; column: number };
}

const NODES_MAX = 10_000;

export function parseYaml(source: string): YamlSource {
  const lines = new LineCounter();
  const position = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  try {
    const document = parseDocument(source, { lineCounter: lines, prettyErrors: false });
    const faults = [...document.errors, ...document.warnings].map((error) => ({
      start: error.pos[0],
      message: faultSentence(error.code, error.message),
    }));
    const reader = { document, faults, left: NODES_MAX };
    const root = faults.length > 0 ? undefined : toNode(reader, document.contents, 0);
    return { root: faults.length > 0 ? undefined : root, faults, position };
  } catch (error) {
    // Thrown for problems without a place: nesting that is too deep, or aliases that multiply.
    const message = error instanceof RangeError ? 'is nested too deeply' : 'is too large for a configuration';
    return { root: undefined, faults: [{ start: 0, message }], position };
  }
}

/** A value as one line of YAML. */
export function yamlValue(value: unknown): string {
  // Only the line break: a value may end with a Unicode space, which is text to YAML.
  const text = stringify(value, { collectionStyle: 'flow', lineWidth: 0, flowCollectionPadding: false });
  return text.replace(/\n$/, '');
}

interface Reader {
  readonly document: Document;
  readonly faults: YamlFault[];
  left: number;
}

function toNode(reader: Reader, node: unknown, at: number): YamlNode | undefined {
  if (--reader.left < 0) throw new Error('more than nodesMax values');
  if (isAlias(node)) {
    const { start, end } = span(node.range, at);
    const target = node.resolve(reader.document);
    if (target === undefined) reader.faults.push({ start, message: faultSentence('BAD_ALIAS', '') });
    const resolved = toNode(reader, target, at);
    return resolved && { ...resolved, start, end };
  }
  if (isScalar(node)) return { kind: 'scalar', value: node.value, ...span(node.range, at) };
  if (isSeq(node)) {
    const items = node.items.map((item) => toNode(reader, item, at) ?? empty(at));
    return { kind: 'list', items, ...span(node.range, at) };
  }
  if (isMap(node)) {
    const entries = node.items.map(({ key, value }) => {
      const { start } = span(isNode(key) ? key.range : undefined, at);
      const name = isScalar(key) ? String(key.value) : '(a key that is not text)';
      return { name, start, value: toNode(reader, value, start) ?? empty(start) };
    });
    return { kind: 'map', entries, ...span(node.range, at) };
  }
  return undefined;
}

function empty(at: number): YamlNode {
  return { kind: 'scalar', value: null, start: at, end: at };
}

function span(range: readonly [number, number, number] | null | undefined, at: number) {
  return { start: range?.[0] ?? at, end: range?.[1] ?? at };
}

/** The messages of the library quote the source, which may be a password, so they are cut where a quotation starts. */
function faultSentence(code: string, message: string): string {
  if (code === 'DUPLICATE_KEY') return 'the key is defined a second time';
  if (code === 'TAB_AS_INDENT') return 'the line is indented with a tab; YAML requires spaces';
  if (code === 'BAD_ALIAS') return 'a value that starts with "*" needs quotes';
  if (code === 'TAG_RESOLVE_FAILED') return 'a value that starts with "!" needs quotes';
  if (code === 'BAD_SCALAR_START') return 'a value that starts with this character needs quotes';
  if (code === 'MULTIPLE_DOCS') return 'a second document starts here; only one is allowed';
  if (code === 'UNEXPECTED_TOKEN') return 'not valid YAML: unexpected token';
  if (/closing ["']quote/.test(message)) return 'not valid YAML: a quote is never closed';
  const sentence = message.replace(/[:"`].*$/s, '').trim();
  return `not valid YAML: ${sentence.charAt(0).toLowerCase()}${sentence.slice(1)}`;
}
