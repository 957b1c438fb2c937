import type { FastifySchemaValidationError } from 'fastify/types/schema.js';
import { describeError, type ErrorCode, KubesentimentError } from '../errors.ts';

/** What a caller did wrong, with the status of the answer. Codes are part of the interface. */
const httpErrors = {
  HTTP_INVALID_REQUEST: 400,
  HTTP_INVALID_JSON: 400,
  HTTP_UNAUTHORIZED: 401,
  HTTP_FORBIDDEN: 403,
  HTTP_NOT_FOUND: 404,
  HTTP_METHOD_NOT_ALLOWED: 405,
  HTTP_BODY_TOO_LARGE: 413,
  HTTP_UNSUPPORTED_MEDIA_TYPE: 415,
  HTTP_WRONG_HOST: 421,
  HTTP_OVERLOADED: 429,
  HTTP_TOO_MANY_HEADERS: 431,
  HTTP_TIMEOUT: 504,
} as const;

type HttpErrorCode = keyof typeof httpErrors;

export class HttpError extends Error {
  readonly code: HttpErrorCode;

  constructor(code: HttpErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

export interface ErrorAnswer {
  readonly status: number;
  readonly code: HttpErrorCode | ErrorCode;
  readonly message: string;
}

/** Statuses of our own errors that are not simply 500. */
const statusByCode: Partial<Record<ErrorCode, number>> = {
  KS_USAGE: 400,
  KS_BROKER_UNREACHABLE: 503,
  KS_TOPIC_MISSING: 503,
  KS_NOT_AUTHORIZED: 503,
  KS_STATE: 503,
  KS_INFERENCE_FAILED: 503,
  KS_INFERENCE_TIMEOUT: 504,
};

/** What the HTTP framework says by itself, in our words. */
const frameworkErrors: Readonly<Record<string, readonly [HttpErrorCode, string]>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: [
    'HTTP_BODY_TOO_LARGE',
    'The body is larger than 1 MiB. Send fewer texts at a time.',
  ],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['HTTP_UNSUPPORTED_MEDIA_TYPE', 'Send the body as application/json.'],
  FST_ERR_CTP_EMPTY_JSON_BODY: ['HTTP_INVALID_JSON', 'The body is empty. Send a JSON object.'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: [
    'HTTP_INVALID_REQUEST',
    'The body is not as long as Content-Length says.',
  ],
  FST_ERR_CTP_INVALID_JSON_BODY: ['HTTP_INVALID_JSON', 'The body is not valid JSON.'],
  FST_ERR_HANDLER_TIMEOUT: [
    'HTTP_TIMEOUT',
    'The answer took too long. Send fewer texts at a time or try later.',
  ],
  FST_ERR_BAD_URL: ['HTTP_INVALID_REQUEST', 'The path is not a valid URL.'],
};

/** The answer to any error; what we do not know is told to the log, not to the caller. */
export function answerTo(error: unknown): ErrorAnswer {
  if (error instanceof HttpError) {
    return { status: httpErrors[error.code], code: error.code, message: error.message };
  }
  if (error instanceof KubesentimentError && error.code !== 'KS_INTERNAL') {
    return { status: statusByCode[error.code] ?? 500, code: error.code, message: describeError(error) };
  }
  const known = frameworkErrors[codeOf(error)];
  if (known !== undefined) return { status: httpErrors[known[0]], code: known[0], message: known[1] };
  return {
    status: 500,
    code: 'KS_INTERNAL',
    message: 'The request failed. The log of the service says why.',
  };
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

/** What is wrong with a request, in a sentence that names the place and never quotes what was sent. */
export function validationError(errors: FastifySchemaValidationError[], part: string): HttpError {
  const [error] = errors;
  const place = `"${part}${error?.instancePath ?? ''}"`;
  const allowed = error?.params['allowedValues'];
  const sentences: Readonly<Record<string, string>> = {
    additionalProperties: `There is a member in ${place} that is not known here.`,
    oneOf: 'Send either {"text": "…"} or {"texts": ["…"]}.',
    enum: `${place} must be one of ${Array.isArray(allowed) ? allowed.join(', ') : 'those allowed'}.`,
  };
  const keyword = error?.keyword ?? '';
  return new HttpError(
    'HTTP_INVALID_REQUEST',
    sentences[keyword] ?? `${place} ${error?.message ?? 'is wrong'}.`,
  );
}
