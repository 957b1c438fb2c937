import type { Config } from '../config/schema.ts';
import { resultsTopicsOf } from '../config/topics.ts';
import { findResults } from '../registry/register-results.ts';
import { failed, ok, type Result, warn } from './doctor-finding.ts';

/** Which schema results have, or whether it could be registered. Nothing is registered. */
export async function checkResultSchemas(config: Config): Promise<Result> {
  const found = await findResults(config, resultsTopicsOf(config));
  const detail = found.map(({ subject, id, isTaken }) => {
    if (id !== undefined) return `${subject} is schema ${id}`;
    return isTaken ? `${subject} will be registered` : `${subject} has another schema that is not compatible`;
  });
  const text = `${config.result.format}: ${detail.join(', ')}`;
  if (found.some(({ id, isTaken }) => id === undefined && !isTaken)) {
    return failed(
      text,
      'Choose another topic for results, or delete the subject if nobody needs it. docs/result-schemas.md has ours.',
    );
  }
  if (found.every(({ id }) => id !== undefined)) return ok(text);
  return warn(
    text,
    'The first start registers it, if the user may; or register it yourself: docs/result-schemas.md has it.',
  );
}
