/** Text of strangers, safe to show: it must neither steer a terminal nor look like lines of our own. */

/** One line without control, direction and invisible characters. */
export function plainText(text: string): string {
  return text
    .replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .replaceAll(/\p{Cf}/gu, '')
    .trim();
}
