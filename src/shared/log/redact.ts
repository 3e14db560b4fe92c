/**
 * Takes secrets out of what is logged: by key, by pattern, and the exact values this process knows
 * (operations.md §6). Eighteen characters or more keep six in front and four at the end.
 */

const sensitiveKey =
  /(token|password|secret|api.?key|keyref|privatekey|serviceaccount|signingsecret|authorization|cookie)$/i;
const harmlessKey = /tokens$|tokencount$/i;

/** Each pattern's last group is the secret. */
const patterns: readonly RegExp[] = [
  /\b(?:Bearer|Basic)\s+([A-Za-z0-9._~+/=-]{6,})/gi,
  /\b(sk-[A-Za-z0-9_-]{8,})/g,
  /\b(gh[pousr]_[A-Za-z0-9]{16,})/g,
  /\b(xox[abprs]-[A-Za-z0-9-]{8,})/g,
  /\b(AIza[A-Za-z0-9_-]{20,})/g,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----([\s\S]+?)-----END [A-Z ]*PRIVATE KEY-----/g,
  /"(?:[a-z]*token|password|secret|api_?key)"\s*:\s*"([^"]+)"/gi,
  /--(?:token|password)[ =](\S+)/g,
  /\b[A-Z0-9_]*(?:TOKEN|PASSWORD|SECRET|API_KEY)=(\S+)/g,
];

export interface Redactor {
  text(value: string): string;
  fields(value: Readonly<Record<string, unknown>>): Record<string, unknown>;
}

/** `secrets` are exact values to hide wherever they occur; short ones are left out, they would hit ordinary words. */
export function createRedactor(secrets: readonly string[]): Redactor {
  const exact = secrets.filter((secret) => secret.length >= 8);
  const text = (value: string): string => {
    let clean = value;
    for (const secret of exact) clean = clean.replaceAll(secret, mask(secret));
    for (const pattern of patterns) {
      clean = clean.replace(pattern, (whole: string, secret: string) => whole.replace(secret, mask(secret)));
    }
    return clean;
  };
  const walk = (key: string, value: unknown, depth: number): unknown => {
    if (typeof value === 'string') {
      return isSensitiveKey(key) ? mask(value) : text(value);
    }
    if (typeof value !== 'object' || value === null) return value;
    if (depth > 4) return '[nested]';
    if (Array.isArray(value)) return value.slice(0, 100).map((entry) => walk(key, entry, depth + 1));
    return Object.fromEntries(
      Object.entries(value).map(([name, entry]) => [name, walk(name, entry, depth + 1)]),
    );
  };
  return { text, fields: (value) => walk('', value, 0) as Record<string, unknown> };
}

/** A key or header whose value is a secret, to go by its name. */
export function isSensitiveKey(key: string): boolean {
  return sensitiveKey.test(key) && !harmlessKey.test(key);
}

export function mask(secret: string): string {
  return secret.length >= 18 ? `${secret.slice(0, 6)}…${secret.slice(-4)}` : '***';
}
