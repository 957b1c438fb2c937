/** A JSON Schema. */
export type Schema = Readonly<Record<string, unknown>>;

/** A route in the OpenAPI document. `body`, `params` and `querystring` are also enforced. */
export interface RouteSchema {
  readonly summary?: string;
  readonly description?: string;
  readonly tags?: readonly string[];
  readonly body?: Schema;
  readonly params?: Schema;
  readonly querystring?: Schema;
  readonly response?: Readonly<Record<number, Schema>>;
  readonly hide?: boolean;
}

/** A route that is not part of the documented interface. */
export const hidden: RouteSchema = { hide: true };

export const text = { type: 'string' };
export const number = { type: 'number' };
export const wholeNumber = { type: 'integer', minimum: 0 };
/** A whole number in a path or a query, where every value is text. */
export const wholeNumberText = { type: 'string', pattern: '^\\d{1,15}$' };

export function object(properties: Record<string, unknown>, optional: readonly string[] = []): Schema {
  const required = Object.keys(properties).filter((name) => !optional.includes(name));
  return { type: 'object', properties, required };
}

export function strictObject(properties: Record<string, unknown>, required: readonly string[] = []): Schema {
  return { type: 'object', additionalProperties: false, properties, required };
}

export function list(items: Schema): Schema {
  return { type: 'array', items };
}

export const counts = { type: 'object', additionalProperties: wholeNumber };
