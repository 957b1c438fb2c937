/** What a text is about. Lists start with the most common words. */
export interface Topic {
  /** Countable, singular: "this film". */
  readonly things: readonly string[];
  /** Singular with "the": "the acting was…". */
  readonly aspects: readonly string[];
  /** Plural with "the": "the characters are…". */
  readonly parts: readonly string[];
  /** Singular roles: "the director". */
  readonly people: readonly string[];
  /** Modifiers of a thing: "a romantic film". */
  readonly kinds: readonly string[];
  /** "beautifully acted". */
  readonly done: readonly string[];
  /** What the writer did with the thing, past tense: "I watched". */
  readonly used: readonly string[];
  /** Whether it tells a story. */
  readonly told?: true;
}
