/** The body of `POST /tools/invoke` (http.md §9). Fields that are not named there are ignored, null counts as absent. */
import { isRecord } from '../../shared/is-record.js';
import { ApiError } from '../../shared/errors/api-error.js';
import { isTooDeep, TOO_DEEP } from '../../shared/json-depth.js';

const texts = ['tool', 'name', 'action', 'sessionKey', 'agentId', 'idempotencyKey'] as const;

export interface ToolRequestFields extends Readonly<Partial<Record<(typeof texts)[number], string>>> {
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>>;
}

/** The error is for what is no JSON object; a problem for what is wrong in one. */
export function readToolRequest(text: string): ToolRequestFields | { readonly problem: string } | ApiError {
  const body = parsed(text);
  if (!isRecord(body))
    return new ApiError('invalidRequest', { message: 'Invalid JSON: body must be an object' });
  if (isTooDeep(text)) return new ApiError('invalidRequest', { message: TOO_DEEP });
  const fields: Partial<Record<string, string>> = {};
  for (const field of texts) {
    const value = body[field] ?? '';
    if (typeof value !== 'string') return { problem: `${field} must be a string` };
    if (value !== '') fields[field] = value;
  }
  const args = body.args ?? {};
  if (!isRecord(args)) return { problem: 'args must be an object' };
  const name = fields.tool ?? fields.name;
  return name === undefined ? { problem: 'tools.invoke requires name' } : { ...fields, name, args };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // it has no JSON value
  }
}
