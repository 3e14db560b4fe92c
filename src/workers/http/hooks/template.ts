/**
 * Templates of hook mappings (http.md §11.4): `{{payload.a.b}}`, `{{payload.list[0].x}}`, `{{headers.h}}`, `{{query.q}}`,
 * `{{path}}`, `{{now}}`. What begins with none of these is looked up in the payload; what is not there is nothing.
 */
import { requestLimits } from '../../../shared/limits.js';

export interface TemplateValues {
  readonly payload: Readonly<Record<string, unknown>>;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly path: string;
  /** ISO 8601. */
  readonly now: string;
}

/** @throws Error when it becomes too long for a message */
export function render(template: string, values: TemplateValues): string {
  let room = requestLimits.messageChars;
  return template.replaceAll(/\{\{([^{}]*)\}\}/g, (_all, place: string) => {
    const text = asText(valueAt(place.trim(), values));
    room -= text.length;
    if (room < 0) throw new Error(`a template makes more than ${requestLimits.messageChars} characters`);
    return text;
  });
}

function valueAt(place: string, values: TemplateValues): unknown {
  const [root = '', ...rest] = place.split(/[.[\]]+/).filter((part) => part !== '');
  switch (root) {
    case 'headers':
      return at(values.headers, [place.slice('headers.'.length).toLowerCase()]);
    case 'payload':
    case 'query':
      return at(values[root], rest);
    case 'path':
    case 'now':
      return rest.length === 0 ? values[root] : undefined;
    default:
      return at(values.payload, [root, ...rest]);
  }
}

function at(value: unknown, parts: readonly string[]): unknown {
  let found = value;
  for (const part of parts) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, part)) return undefined;
    found = (found as Record<string, unknown>)[part];
  }
  return found;
}

function asText(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
