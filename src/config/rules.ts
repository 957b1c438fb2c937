import { propertyFault } from './passthrough.ts';
import type { ConfigProblem, Place } from './problem.ts';
import { consumeRules } from './rules/consume.ts';
import { mappingRules } from './rules/mapping.ts';
import { peerRules } from './rules/peers.ts';
import { publishRules } from './rules/publish.ts';
import { registryRules } from './rules/registry.ts';
import { retryRules } from './rules/retries.ts';
import type { Rule } from './rules/rule.ts';
import { securityRules } from './rules/security.ts';
import { topicRules } from './rules/topics.ts';
import type { Config, KeyName } from './schema.ts';
import { withEntry } from './topic-requests.ts';

export interface Verdict {
  readonly problems: readonly ConfigProblem[];
  readonly warnings: readonly string[];
}

const rules: readonly Rule[] = [
  ...consumeRules,
  ...topicRules,
  ...mappingRules,
  ...publishRules,
  ...retryRules,
  ...registryRules,
  ...securityRules,
  ...peerRules,
];

/** Where a key, or a part of its value, was set; undefined for a default. */
export type PlaceOf = (key: KeyName, path: readonly PropertyKey[]) => Place | undefined;

/** Applies every rule whose keys are valid by themselves. */
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
  return { problems: [...problems, ...topicProblems(config, placeOf, broken)], warnings };
}

/** What is wrong with the requests of single topics only. */
function topicProblems(config: Config, placeOf: PlaceOf, broken: ReadonlySet<string>): ConfigProblem[] {
  const ofRequests = rules.filter(
    ({ keys, isWarning, isOfAll }) =>
      !isWarning &&
      !isOfAll &&
      keys.some((key) => key.startsWith('request.')) &&
      !keys.some((key) => broken.has(key)),
  );
  const origin = () => 'default';
  return (config.kafka.topics ?? []).flatMap((entry, index) => {
    const own = { ...config, request: withEntry(config.request, entry) };
    const messages = ofRequests.flatMap((rule) => {
      const message = rule.check(config, origin) ? undefined : rule.check(own, origin);
      return message ? [`${rule.keys[0]}: ${message}`] : [];
    });
    const place = placeOf('kafka.topics', [index, 'request']) ?? { where: 'default' };
    return messages.map((message) => ({ key: `kafka.topics[${index}].request`, message, ...place }));
  });
}

function passthroughProblems({ kafka }: Config, placeOf: PlaceOf): ConfigProblem[] {
  const key = 'kafka.librdkafka';
  return Object.entries(kafka.librdkafka).flatMap(([name, value]) => {
    const fault = propertyFault(kafka, name, value);
    return fault === undefined ? [] : [{ key, ...fault, ...(placeOf(key, [name]) ?? { where: 'default' }) }];
  });
}
