/** Types of files whose text a model can be shown (http.md §8.1). */

export const fileTypes = [
  'text/plain',
  'text/markdown',
  'text/html',
  'text/csv',
  'application/json',
  'application/pdf',
] as const;

export type FileType = (typeof fileTypes)[number];

export function isFileType(type: string): type is FileType {
  return (fileTypes as readonly string[]).includes(type);
}

const endings: Readonly<Record<string, FileType>> = {
  txt: 'text/plain',
  text: 'text/plain',
  log: 'text/plain',
  md: 'text/markdown',
  markdown: 'text/markdown',
  html: 'text/html',
  htm: 'text/html',
  csv: 'text/csv',
  json: 'application/json',
  pdf: 'application/pdf',
};

/** Types that say nothing. */
const unknownTypes: ReadonlySet<string> = new Set(['', 'application/octet-stream', 'binary/octet-stream']);

/**
 * A PDF is one by its bytes, whatever it is said to be, and only then; what has no type has that of its name's ending.
 * Gives what it is said to be where that is none of ours.
 */
export function fileTypeOf(bytes: Uint8Array, declared: string, name: string): string {
  const isPdf = Buffer.from(bytes.subarray(0, HEAD_BYTES)).includes('%PDF-');
  if (isPdf) return 'application/pdf';
  const said = declared.toLowerCase();
  if (said === 'application/pdf') return 'application/octet-stream';
  if (!unknownTypes.has(said)) return said;
  const ending = /\.(\w{1,8})$/.exec(name)?.[1]?.toLowerCase() ?? '';
  const type = Object.hasOwn(endings, ending) ? endings[ending] : undefined;
  return type === undefined || type === 'application/pdf' ? 'application/octet-stream' : type;
}

/** In which a PDF's mark may be, as readers of PDF have it. */
const HEAD_BYTES = 1_024;
