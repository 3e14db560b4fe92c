/** Text of strangers, safe to show: it must neither steer a terminal nor look like lines of our own. */

/** One line without control, direction and invisible characters. */
export function plainText(text: string): string {
  return text
    .replaceAll(/\p{Cf}/gu, '')
    .replaceAll(/[\s\p{Cc}]+/gu, ' ')
    .trim();
}

/** Text as it stands, line by line, without what steers a terminal. */
export function multilineText(text: string): string {
  return text.replaceAll(/(?![\n\t])\p{Cc}/gu, '').trimEnd();
}
