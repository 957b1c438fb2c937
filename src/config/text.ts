import { byteUnits, type FieldFacts } from './schema/field.ts';

const truths = new Set(['true', '1', 'yes', 'on']);
const untruths = new Set(['false', '0', 'no', 'off']);

/**
 * Parses text from the environment or from `$NAME` as a value of the kind of the key. Text that does not fit stays
 * text, so that the schema can say what is wrong with it.
 */
export function readText(facts: FieldFacts, text: string): unknown {
  const trimmed = text.trim();
  switch (facts.kind) {
    case 'whole':
      return /^[+-]?\d+$/.test(trimmed) ? Number(trimmed) : text;
    case 'ratio':
      return readRatio(text);
    case 'bytes':
      return readBytes(trimmed) ?? text;
    case 'flag':
      return readFlag(trimmed.toLowerCase()) ?? text;
    case 'choice':
      return trimmed;
    case 'list':
      return trimmed.startsWith('[') ? readJson(trimmed) : trimmed.split(',').map((item) => item.trim());
    case 'map':
      return readJson(trimmed);
    case 'text':
      return text;
  }
}

/** Other spellings of the same value: a number for a choice, a synonym. */
export function canonical(facts: FieldFacts, value: unknown): unknown {
  if (facts.members !== undefined) return withNumbers(facts.members, value);
  if (facts.kind !== 'choice') return value;
  const choice = typeof value === 'number' ? String(value) : value;
  const synonym = Object.entries(facts.synonyms ?? {}).find(([other]) => other === choice);
  return synonym === undefined ? choice : synonym[1];
}

/** A number from the environment comes as text. */
function withNumbers(members: NonNullable<FieldFacts['members']>, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value).map(([name, member]) => [
    name,
    members[name] === 'number' && typeof member === 'string' ? readRatio(member) : member,
  ]);
  return Object.fromEntries(entries);
}

function readRatio(text: string): number | string {
  return /^[+-]?(\d+\.?\d*|\.\d+)$/.test(text.trim()) ? Number(text) : text;
}

function readFlag(text: string): boolean | undefined {
  if (truths.has(text)) return true;
  return untruths.has(text) ? false : undefined;
}

function readBytes(text: string): number | undefined {
  const [, digits, unit] = text.match(/^(\d+)\s*([KMG]iB)?$/) ?? [];
  if (digits === undefined) return undefined;
  return Number(digits) * (byteUnits.find(([name]) => name === unit)?.[1] ?? 1);
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
