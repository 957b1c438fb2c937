/** Splits a comma-separated vocabulary, ordered by frequency; an entry may have several words. */
export function list(text: string): readonly string[] {
  return text.trim().split(/\s*,\s*/);
}
