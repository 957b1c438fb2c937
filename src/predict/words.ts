/** Part of a text: from `start` up to `end`, in UTF-16 code units. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** The same words on every machine, whatever its language. Chinese, Japanese and Thai are cut by a dictionary. */
const segmenter = new Intl.Segmenter('en', { granularity: 'word' });

/** Words, and between them punctuation and emoji, which say something, too: "!!", ":(" and "❤" count as one each. */
export function wordsOf(text: string): Span[] {
  const words: Span[] = [];
  let marksFrom = -1;
  const endMarks = (end: number): void => {
    if (marksFrom >= 0) words.push({ start: marksFrom, end });
    marksFrom = -1;
  };
  for (const { segment, index, isWordLike } of segmenter.segment(text)) {
    const isMark = isWordLike !== true && segment.trim() !== '';
    if (isMark && marksFrom < 0) marksFrom = index;
    if (!isMark) endMarks(index);
    if (isWordLike === true) words.push({ start: index, end: index + segment.length });
  }
  endMarks(text.length);
  return words;
}

/** At most `countMax` groups of about equal size: each word, or neighbours together. */
export function grouped(words: readonly Span[], countMax: number): readonly Span[] {
  if (words.length <= countMax) return words;
  const at = (group: number): number => Math.floor((group * words.length) / countMax);
  return Array.from({ length: countMax }, (_, group) => ({
    start: (words[at(group)] as Span).start,
    end: (words[at(group + 1) - 1] as Span).end,
  }));
}

/** The text as if nobody had written that part: of the white space around it, only what is before it stays. */
export function without(text: string, { start, end }: Span): string {
  const isFree = start === 0 || isSpace(text, start - 1);
  let [from, to] = [start, end];
  if (isFree) while (to < text.length && isSpace(text, to)) to++;
  if (isFree && to === text.length) while (from > 0 && isSpace(text, from - 1)) from--;
  return text.slice(0, from) + text.slice(to);
}

function isSpace(text: string, at: number): boolean {
  return (text[at] as string).trim() === '';
}
