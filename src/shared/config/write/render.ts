/** Values as text, in the form that the file around them has. */
import { isRecord } from '../../is-record.js';

export interface Style {
  /** One level of indentation. */
  readonly unit: string;
  readonly newline: string;
  /** Keys without quotes, as JSON5 allows. */
  readonly bareKeys: boolean;
}

export function renderValue(value: unknown, indent: string, style: Style): string {
  const inner = indent + style.unit;
  const block = (open: string, parts: readonly string[], close: string): string =>
    parts.length === 0
      ? open + close
      : [open, parts.map((part) => inner + part).join(`,${style.newline}`), indent + close].join(
          style.newline,
        );
  if (Array.isArray(value))
    return block(
      '[',
      value.map((item: unknown) => renderValue(item, inner, style)),
      ']',
    );
  if (isRecord(value)) {
    const members = Object.entries(value).map(([key, entry]) => renderMember(key, entry, inner, style));
    return block('{', members, '}');
  }
  // JSON has no word for these, JSON5 has.
  return typeof value === 'number' && !Number.isFinite(value)
    ? String(value)
    : (JSON.stringify(value) ?? 'null');
}

export function renderMember(key: string, value: unknown, indent: string, style: Style): string {
  const bare = style.bareKeys && /^[A-Za-z_$][\w$]*$/.test(key);
  return `${bare ? key : JSON.stringify(key)}: ${renderValue(value, indent, style)}`;
}
