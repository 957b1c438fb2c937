import { readFileSync } from 'node:fs';
import { InvalidArgumentError } from 'commander';

interface Row {
  readonly topic: string;
  readonly partition: number;
  readonly committed: number | null;
}

/**
 * Offsets by `topic/partition`, from what `offsets show --json` has printed, or from lines `topic,partition,offset` as
 * Kafka's own tool writes them.
 */
export function readOffsetsFile(path: string): Map<string, number> {
  let content: string;
  try {
    content = readFileSync(path, 'utf8');
  } catch (error) {
    throw new InvalidArgumentError(`Cannot read ${path} (${(error as NodeJS.ErrnoException).code}).`);
  }
  const rows = content.trimStart().startsWith('{') ? rowsOfJson(content) : rowsOfLines(content);
  const places = new Map<string, number>();
  for (const { topic, partition, committed } of rows ?? [])
    if (committed !== null) places.set(`${topic}/${partition}`, committed);
  if (rows !== undefined && places.size > 0) return places;
  throw new InvalidArgumentError(
    `${path} has no offsets: it must be the output of "kubesentiment offsets show --json", or lines ` +
      'topic,partition,offset.',
  );
}

function rowsOfJson(content: string): Row[] | undefined {
  try {
    const { offsets } = JSON.parse(content) as { offsets?: unknown };
    return Array.isArray(offsets) && offsets.every(isRow) ? offsets : undefined;
  } catch {
    return undefined;
  }
}

function rowsOfLines(content: string): Row[] | undefined {
  const rows = content
    .split('\n')
    .map((line) => line.replaceAll('"', '').trim())
    .filter((line) => line !== '')
    .map((line) => /^([\w.-]+),(\d{1,9}),(\d{1,15})$/.exec(line));
  if (rows.includes(null)) return undefined;
  return (rows as RegExpExecArray[]).map(([, topic = '', partition, committed]) => ({
    topic,
    partition: Number(partition),
    committed: Number(committed),
  }));
}

function isRow(value: unknown): value is Row {
  const { topic, partition, committed } = (value ?? {}) as Record<string, unknown>;
  const isOffset = committed === null || (Number.isSafeInteger(committed) && Number(committed) >= 0);
  return typeof topic === 'string' && Number.isSafeInteger(partition) && isOffset;
}
