import { propertyFault } from './passthrough.ts';
import type { ConfigProblem, Place } from './problem.ts';
import { consumeRules } from './rules/consume.ts';
import { publishRules } from './rules/publish.ts';
import { securityRules } from './rules/security.ts';
import type { Config, KeyName } from './schema.ts';

/** A combination of keys that cannot work, or, as a warning, that is probably not meant. */
export interface Rule {
  /** The keys it is about. The problem is shown at the first of them that was given. */
  readonly keys: readonly [KeyName, ...KeyName[]];
  readonly isWarning?: boolean;
  /** What is wrong and what to do, as the rest of a sentence; a falsy value when all is well. */
  check(config: Config, where: (key: KeyName) => string): string | false | undefined;
}

export interface Verdict {
  readonly problems: readonly ConfigProblem[];
  readonly warnings: readonly string[];
}

const rules: readonly Rule[] = [...consumeRules, ...publishRules, ...securityRules];

/** Where a key was given, or a part of its value; undefined for a default. */
export type PlaceOf = (key: KeyName, path: readonly PropertyKey[]) => Place | undefined;

/** Applies every rule whose keys are sound by themselves. */
export function checkRules(config: Config, placeOf: PlaceOf, broken: ReadonlySet<string>): Verdict {
  const problems = broken.has('kafka.librdkafka') ? [] : passthroughProblems(config, placeOf);
  const warnings: string[] = [];
  for (const rule of rules) {
    if (rule.keys.some((key) => broken.has(key))) continue;
    const message = rule.check(config, (key) => placeOf(key, [])?.where ?? 'default');
    if (!message) continue;
    const key = rule.keys.find((candidate) => placeOf(candidate, []) !== undefined) ?? rule.keys[0];
    if (rule.isWarning) warnings.push(`${key}: ${message}.`);
    else problems.push({ key, message, ...(placeOf(key, []) ?? { where: 'default' }) });
  }
  return { problems, warnings };
}

function passthroughProblems({ kafka }: Config, placeOf: PlaceOf): ConfigProblem[] {
  const key = 'kafka.librdkafka';
  return Object.entries(kafka.librdkafka).flatMap(([name, value]) => {
    const fault = propertyFault(kafka, name, value);
    return fault === undefined ? [] : [{ key, ...fault, ...(placeOf(key, [name]) ?? { where: 'default' }) }];
  });
}
