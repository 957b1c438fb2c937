import type { FastifySchemaValidationError } from 'fastify/types/schema.js';
import { describeError, type ErrorCode, KubesentimentError } from '../errors.ts';

/** Mistakes of the client, with the status of the response. The codes are part of the interface. */
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

export interface ErrorResponse {
  readonly status: number;
  readonly code: HttpErrorCode | ErrorCode;
  readonly message: string;
}

/** Our own errors with a status other than 500. */
const statusByCode: Partial<Record<ErrorCode, number>> = {
  KS_USAGE: 400,
  KS_CONFIG_INVALID: 422,
  KS_MODEL_NOT_FOUND: 422,
  KS_MODEL_INVALID: 422,
  KS_MODEL_UNSUPPORTED: 422,
  KS_BROKER_UNREACHABLE: 503,
  KS_TOPIC_MISSING: 503,
  KS_NOT_AUTHORIZED: 503,
  KS_STATE: 503,
  KS_INFERENCE_FAILED: 503,
  KS_INFERENCE_TIMEOUT: 504,
};

/** Errors of the HTTP framework, in our words. */
const frameworkErrors: Readonly<Record<string, readonly [HttpErrorCode, string]>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: [
    'HTTP_BODY_TOO_LARGE',
    'The body is larger than 1 MiB. Send fewer texts at a time.',
  ],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['HTTP_UNSUPPORTED_MEDIA_TYPE', 'Send the body as application/json.'],
  FST_ERR_CTP_EMPTY_JSON_BODY: ['HTTP_INVALID_JSON', 'The body is empty. Send a JSON object.'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: [
    'HTTP_INVALID_REQUEST',
    'The body does not have the length that Content-Length says.',
  ],
  FST_ERR_CTP_INVALID_JSON_BODY: ['HTTP_INVALID_JSON', 'The body is not valid JSON.'],
  FST_ERR_HANDLER_TIMEOUT: [
    'HTTP_TIMEOUT',
    'The response took too long. Send fewer texts at a time, or try again later.',
  ],
  FST_ERR_BAD_URL: ['HTTP_INVALID_REQUEST', 'The path is not a valid URL.'],
  FST_ERR_MAX_PARAM_LENGTH: ['HTTP_NOT_FOUND', 'There is nothing at this path.'],
};

/** The response to any error. An unexpected error tells the client nothing; its details belong in the log. */
export function errorResponse(error: unknown): ErrorResponse {
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
    message: 'The request failed. See the log of the service.',
  };
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

/** Says what is wrong and where, and never quotes what was sent. */
export function validationError(errors: FastifySchemaValidationError[], part: string): HttpError {
  const [error] = errors;
  const place = `"${part}${error?.instancePath ?? ''}"`;
  const allowed = error?.params['allowedValues'];
  const sentences: Readonly<Record<string, string>> = {
    additionalProperties: `${place} has an unknown property.`,
    oneOf: 'Send either {"text": "…"} or {"texts": ["…"]}.',
    enum: `${place} must be one of ${Array.isArray(allowed) ? allowed.join(', ') : 'the allowed values'}.`,
  };
  const keyword = error?.keyword ?? '';
  return new HttpError(
    'HTTP_INVALID_REQUEST',
    sentences[keyword] ?? `${place} ${error?.message ?? 'is wrong'}.`,
  );
}
