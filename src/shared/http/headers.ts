/** Headers that every HTTP answer carries, whichever process gives it (http.md §1). */

export const JSON_TYPE = 'application/json; charset=utf-8';
export const TEXT_TYPE = 'text/plain; charset=utf-8';

/** Flat name/value pairs, the form that `writeHead` takes without copying. */
export function securityHeaders(strictTransportSecurity: string | false | null): string[] {
  const headers = [
    'X-Content-Type-Options',
    'nosniff',
    'Referrer-Policy',
    'no-referrer',
    'Permissions-Policy',
    'camera=(), microphone=(self), geolocation=()',
  ];
  if (strictTransportSecurity) headers.push('Strict-Transport-Security', strictTransportSecurity);
  return headers;
}
