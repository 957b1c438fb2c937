/** Splits a comma-separated vocabulary; an entry may be several words. The order is the order of frequency. */
export function list(text: string): readonly string[] {
  return text.trim().split(/\s*,\s*/);
}
