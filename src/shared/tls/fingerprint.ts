/** SHA-256 fingerprints of certificates, compared whatever way they are written. */

/** Lower-case hexadecimal digits, nothing between them. */
export function plainFingerprint(text: string): string {
  return text
    .toLowerCase()
    .replace(/^sha256:/, '')
    .replaceAll(':', '');
}
