import { type ErrorCode, KubesentimentError } from '../errors.ts';

interface Meaning {
  readonly code: ErrorCode;
  readonly reason: string;
  readonly remedy?: string;
}

const AGAIN = 'Run it again.';
const forbidden = (what: string): Meaning => ({
  code: 'KS_NOT_AUTHORIZED',
  reason: `the user may not do that to the ${what}`,
  remedy: 'Name a configuration with the login of an administrator (--config), or have one run it.',
});

/** Of the codes that answers to the requests of commands have. */
const meanings: ReadonlyMap<number, Meaning> = new Map<number, Meaning>([
  [1, { code: 'KS_USAGE', reason: 'there is no such offset' }],
  [3, { code: 'KS_TOPIC_MISSING', reason: 'there is no such topic or partition' }],
  [5, { code: 'KS_KAFKA_RETRIABLE', reason: 'the partition has no leader at the moment', remedy: AGAIN }],
  [6, { code: 'KS_KAFKA_RETRIABLE', reason: 'another broker leads the partition now', remedy: AGAIN }],
  [7, { code: 'KS_KAFKA_RETRIABLE', reason: 'the broker took too long', remedy: AGAIN }],
  [29, forbidden('topic')],
  [30, forbidden('group')],
  [31, forbidden('cluster')],
  [40, { code: 'KS_USAGE', reason: 'the broker does not take this setting or value' }],
  [41, { code: 'KS_KAFKA_RETRIABLE', reason: 'the controller has moved', remedy: AGAIN }],
  [42, { code: 'KS_USAGE', reason: 'the broker does not take this request' }],
  [44, { code: 'KS_USAGE', reason: 'a rule of the cluster or of the topic forbids it' }],
  [53, forbidden('transactional id')],
  [
    54,
    {
      code: 'KS_STATE',
      reason: 'the cluster has no authorizer, so every user has all rights',
      remedy: 'Nothing needs to be granted.',
    },
  ],
]);

/** Throws what the error code of an answer means; 0 is none. `message`: what the broker says beside it. */
export function throwIfRefused(code: number, doing: string, message: string | null = null): void {
  if (code === 0) return;
  const known = meanings.get(code);
  const said = message === null || message === '' ? '' : `, "${message}"`;
  const reason = known?.reason ?? 'the broker refuses';
  throw new KubesentimentError(
    known?.code ?? 'KS_KAFKA_FATAL',
    `${doing} failed: ${reason} (error ${code}${said}).`,
    known?.remedy === undefined ? {} : { remedy: known.remedy },
  );
}
