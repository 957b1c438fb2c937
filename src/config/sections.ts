/** Sections with their keys: a `Config`, or the JSON that is shown of one. */
export type Sections = Readonly<Record<string, Readonly<Record<string, unknown>> | undefined>>;
