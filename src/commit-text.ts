/**
 * The text that goes with each committed offset: what the next owner of the partition, `verify` and `doctor` have to
 * know of the past, and nobody could tell from the offset alone.
 */
export interface CommitText {
  /** How many partitions the topic had when the group began to read it; one with a higher number came later. */
  readonly partitions: number;
  /** Where the group began to read the partition: what came before was never meant for it. */
  readonly start?: number | undefined;
  /** The id of the topic. One that is created again has another. */
  readonly topic?: string | undefined;
  /** Since when the log is another one, milliseconds since 1970, and from which offset on. */
  readonly reset?: { readonly sinceMs: number; readonly from: number } | undefined;
  /** How many offsets were deleted before the group had read them. */
  readonly skipped?: number | undefined;
}

const NUMBER = '(\\d{1,16})';
const TEXT = new RegExp(
  `^partitions=${NUMBER}(?:,start=${NUMBER})?(?:,topic=([\\w+/-]{1,32}))?` +
    `(?:,reset=${NUMBER}@${NUMBER})?(?:,skipped=${NUMBER})?$`,
);

/** undefined for a text that is not ours. */
export function readCommitText(text: string | undefined): CommitText | undefined {
  const found = TEXT.exec(text ?? '');
  if (found === null) return undefined;
  const [, partitions, start, topic, since, from, skipped] = found;
  return {
    partitions: Number(partitions),
    start: numberOf(start),
    topic,
    reset: since === undefined ? undefined : { sinceMs: Number(since), from: Number(from) },
    skipped: numberOf(skipped),
  };
}

export function writeCommitText({ partitions, start, topic, reset, skipped }: CommitText): string {
  const parts = [`partitions=${partitions}`];
  if (start !== undefined) parts.push(`start=${start}`);
  if (topic !== undefined) parts.push(`topic=${topic}`);
  if (reset !== undefined) parts.push(`reset=${reset.sinceMs}@${reset.from}`);
  if (skipped !== undefined && skipped > 0) parts.push(`skipped=${skipped}`);
  return parts.join(',');
}

/** The same text with another time of the reset, where it has one. */
export function withResetAt(text: string | undefined, sinceMs: number): string | undefined {
  const known = readCommitText(text);
  if (known?.reset === undefined) return text;
  return writeCommitText({ ...known, reset: { ...known.reset, sinceMs } });
}

function numberOf(digits: string | undefined): number | undefined {
  return digits === undefined ? undefined : Number(digits);
}
