/** The bit of English morphology that the sentence patterns need; made for our own word lists only. */

/** "a film", "an honest film". */
export function withArticle(phrase: string): string {
  const vowel = /^(?:[aeio]|u(?!ni[foqtv]|se|su|ti)|hour|honest|honour|8|11\b|18\b|EP\b)/i.test(phrase);
  return `${vowel && !/^(?:one|eu)/i.test(phrase) ? 'an' : 'a'} ${phrase}`;
}

/** "watch" → "watches", "talk to" → "talks to". */
export function thirdPerson(verb: string): string {
  return firstWord(verb, (word) => {
    if (/(?:s|sh|ch|x|z|o)$/.test(word)) return `${word}es`;
    return /[^aeiou]y$/.test(word) ? `${word.slice(0, -1)}ies` : `${word}s`;
  });
}

/** "charm" → "charmed", "grip" → "gripped", "talk to" → "talked to". Regular verbs only. */
export function past(verb: string): string {
  return firstWord(verb, (word) => {
    if (word.endsWith('e')) return `${word}d`;
    if (/[^aeiou]y$/.test(word)) return `${word.slice(0, -1)}ied`;
    return /^[^aeiou]*[aeiou][^aeiouwxy]$/.test(word) ? `${word}${word.at(-1)}ed` : `${word}ed`;
  });
}

/** "funny" → "funnily"; undefined if English has no such adverb or an irregular one. */
export function adverb(adjective: string): string | undefined {
  if (!/^[a-z]{5,}$/.test(adjective) || /(?:ed|ly|ish|fast|first|worn|burnt|corny)$/.test(adjective))
    return undefined;
  if (adjective.endsWith('ic')) return `${adjective}ally`;
  if (adjective.endsWith('le'))
    return /[aeiou]le$/.test(adjective) ? undefined : `${adjective.slice(0, -1)}y`;
  if (adjective.endsWith('y')) return `${adjective.slice(0, -1)}ily`;
  return `${adjective}ly`;
}

export function plural(noun: string): string {
  if (noun.endsWith('man')) return `${noun.slice(0, -2)}en`;
  if (/(?:s|sh|ch|x|z)$/.test(noun)) return `${noun}es`;
  return /[^aeiou]y$/.test(noun) ? `${noun.slice(0, -1)}ies` : `${noun}s`;
}

export function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function firstWord(phrase: string, change: (word: string) => string): string {
  const space = phrase.indexOf(' ');
  return space === -1 ? change(phrase) : change(phrase.slice(0, space)) + phrase.slice(space);
}
