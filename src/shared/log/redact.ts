/**
 * Takes secrets out of what is logged: by key, by pattern, and the exact values this process knows
 * (operations.md §6). Eighteen characters or more keep six in front and four at the end. The work is bounded:
 * only as much of a text is looked at as will be shown, and every pattern takes time in proportion to it.
 */
import type { LoggingConfig } from '../config/logging-schema.js';
import { logLimits } from './limits.js';
import { createExactSecrets } from './exact-secrets.js';

const sensitiveKey =
  /(token|password|secret|api.?key|keyref|privatekey|serviceaccount|signingsecret|authorization|cookie)$/i;
const harmlessKey = /tokens$|tokencount$/i;

/** Two groups: what stays and the secret. None needs what comes after it, so that a cut secret is found as well. */
const patterns: readonly RegExp[] = [
  /\b((?:Bearer|Basic)\s+)([A-Za-z0-9._~+/=-]{6,})/gi,
  /\b()(sk-[A-Za-z0-9_-]{8,})/g,
  /\b()(gh[pousr]_[A-Za-z0-9]{16,})/g,
  /\b()(xox[abprs]-[A-Za-z0-9-]{8,})/g,
  /\b()(AIza[A-Za-z0-9_-]{20,})/g,
  /(-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----)([\s\S]*?)(?=-----END|$)/g,
  /("(?:[a-z]*token|password|secret|api_?key)"\s*:\s*")((?:[^"\\]|\\.)+)/gi,
  /(--(?:token|password)[ =])(\S+)/g,
  /\b([A-Z0-9_]*(?:TOKEN|PASSWORD|SECRET|API_KEY)=)(\S+)/g,
  /(:\/\/[^\s:@/]{0,256}:)([^\s@/]{1,512})(?=@)/g,
];

/** At least as much as a cut can leave of something that a pattern would have recognised. */
const LEAST_MARGIN_CHARS = 64;
const CUT_MARK = '…';

/** What the config says of it. With `off` nothing is hidden for its looks alone; keys and the patterns of the config still count. */
export type RedactionRules = Pick<LoggingConfig, 'redactSensitive' | 'redactPatterns'>;

export interface Redactor {
  /** Without secrets; what is longer than `maxChars` is cut there and ends with a mark. */
  text(value: string, maxChars: number): string;
  /** Without the exact values, and whole: for what has to stay as it is in all else, JSON too. */
  exact(value: string): string;
  /** As `exact`, for each string in plain data. */
  exactIn(value: unknown): unknown;
  /** As `text`, for each string in it, with the limit of fields. */
  fields(value: Readonly<Record<string, unknown>>): Record<string, unknown>;
  /** From here on these are the exact values to hide; those before them stay hidden until the next time. */
  hide(secrets: readonly string[]): void;
  /** From here on it is looked for this beside the exact values. */
  usePatterns(rules: RedactionRules): void;
  /** All exact values, for a redactor in another thread. */
  known(): readonly string[];
}

/** `secrets` are exact values to hide wherever they occur; short ones are left out, they would hit ordinary words. */
export function createRedactor(secrets: readonly string[]): Redactor {
  let current = secrets;
  let known = secrets;
  let exact = createExactSecrets(secrets);
  let general = patterns;
  let own: readonly RegExp[] = [];
  let margin = 0;
  const measure = (): void => void (margin = Math.max(LEAST_MARGIN_CHARS, exact.longest));
  measure();
  const redact = (value: string): string => {
    let clean = exact.replace(value, mask);
    for (const pattern of general) {
      clean = clean.replace(pattern, (_whole, stays: string, secret: string) => stays + mask(secret));
    }
    for (const pattern of own) clean = clean.replace(pattern, maskMatch);
    return clean;
  };
  const text = (value: string, maxChars: number): string => {
    if (value.length <= maxChars + margin) return cut(redact(value), maxChars);
    // A secret that the cut went through is not found, but lies within the margin, which goes as well.
    const clean = redact(value.slice(0, maxChars + margin)).slice(0, -margin);
    return clean.slice(0, maxChars) + CUT_MARK;
  };
  const walk = (key: string, value: unknown, depth: number): unknown => {
    if (typeof value === 'string') {
      return isSensitiveKey(key) ? mask(value) : text(value, logLimits.fieldChars);
    }
    if (typeof value !== 'object' || value === null) return value;
    if (depth > 4) return '[nested]';
    if (Array.isArray(value)) {
      return value.slice(0, logLimits.fieldEntries).map((entry) => walk(key, entry, depth + 1));
    }
    const entries = Object.entries(value).slice(0, logLimits.fieldEntries);
    return Object.fromEntries(
      entries.map(([name, entry]) => [exact.replace(name, mask), walk(name, entry, depth + 1)]),
    );
  };
  return {
    text,
    exact: (value) => exact.replace(value, mask),
    exactIn: (value) => withStrings(value, (one) => exact.replace(one, mask)),
    fields: (value) => walk('', value, 0) as Record<string, unknown>,
    hide(next) {
      known = [...current, ...next];
      exact = createExactSecrets(known);
      current = next;
      measure();
    },
    usePatterns({ redactSensitive, redactPatterns }) {
      general = redactSensitive === 'off' ? [] : patterns;
      own = redactPatterns.map((source) => new RegExp(source, 'g'));
    },
    known: () => known,
  };
}

/** Of a match with groups the last one that took part; of another one all of it. */
function maskMatch(match: string, ...groups: readonly unknown[]): string {
  const captured = groups.slice(
    0,
    groups.findIndex((value) => typeof value === 'number'),
  );
  const texts = captured.filter((group) => typeof group === 'string' && group !== '');
  const secret = (texts.at(-1) ?? match) as string;
  return secret === '' ? match : match.replace(secret, () => mask(secret));
}

function cut(value: string, maxChars: number): string {
  return value.length <= maxChars ? value : value.slice(0, maxChars) + CUT_MARK;
}

function withStrings(value: unknown, shown: (text: string) => string): unknown {
  if (typeof value === 'string') return shown(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((entry) => withStrings(entry, shown));
  return Object.fromEntries(
    Object.entries(value).map(([name, entry]) => [shown(name), withStrings(entry, shown)]),
  );
}

/** A key whose value is a secret, to go by its name. */
function isSensitiveKey(key: string): boolean {
  return sensitiveKey.test(key) && !harmlessKey.test(key);
}

export function mask(secret: string): string {
  return secret.length >= 18 ? `${secret.slice(0, 6)}…${secret.slice(-4)}` : '***';
}
