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

/** JSON that means the same, with escapes for what JSON leaves as it is and terminals obey: C1 and direction controls. */
export function harmlessJson(json: string): string {
  return json.replaceAll(
    /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
