import type { ConfigProblem, Place } from './problem.ts';
import type { KeyEntry } from './schema.ts';

/** A value somebody gave for a key, before it is checked. */
export interface Setting {
  readonly entry: KeyEntry;
  readonly value: unknown;
  /** The value is text of a medium that knows nothing else, so that numbers and lists are read from it. */
  readonly isText: boolean;
  /** Must not be quoted in an error. */
  readonly isHidden: boolean;
  /** What went wrong before the value was even known. */
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

/** What a source of settings gives: the last one of a key counts. */
export interface SettingSource {
  readonly settings: readonly Setting[];
  readonly problems: readonly ConfigProblem[];
  readonly warnings: readonly string[];
  readonly files?: readonly SettingFile[];
}
