import type { ConfigProblem, Place } from './problem.ts';
import type { KeyEntry } from './schema.ts';

/** A value that was given for a key, before it is checked. */
export interface Setting {
  readonly entry: KeyEntry;
  readonly value: unknown;
  /** The value comes from a source that has only text, so numbers and lists are parsed from it. */
  readonly isText: boolean;
  /** Must not be quoted in an error. */
  readonly isHidden: boolean;
  /** What went wrong before there was a value. */
  readonly problem?: ConfigProblem | undefined;
  /** `path` leads into a list or a map. */
  place(path: readonly PropertyKey[]): Place;
}

/** A file whose content has become part of a setting: `${file:PATH}`. */
export interface SettingFile {
  /** `section.key` */
  readonly key: string;
  readonly path: string;
}

/** The settings of one source. If a key occurs more than once, the last one counts. */
export interface SettingSource {
  readonly settings: readonly Setting[];
  readonly problems: readonly ConfigProblem[];
  readonly warnings: readonly string[];
  readonly files?: readonly SettingFile[];
}
