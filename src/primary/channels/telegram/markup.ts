/**
 * The Markdown of a model as the HTML that Telegram takes, which knows no headings, lists or tables. What is seen of it is
 * never longer than the Markdown.
 */
import { escaped, inlineHtml } from './inline-markup.js';

export function telegramHtml(markdown: string): string {
  const lines = markdown.split('\n');
  const blocks: string[] = [];
  for (let at = 0; at < lines.length;) {
    const block = codeBlock(lines, at) ?? table(lines, at) ?? quote(lines, at) ?? plainLine(lines, at);
    blocks.push(block.html);
    at = block.end;
  }
  return blocks.join('\n');
}

interface Block {
  readonly html: string;
  /** The line after it. */
  readonly end: number;
}

function codeBlock(lines: readonly string[], at: number): Block | undefined {
  const [, mark, info = ''] = /^ {0,3}(`{3,}|~{3,})([^\n`]*)$/.exec(lines[at] ?? '') ?? [];
  if (mark === undefined) return undefined;
  const closes = (line: string): boolean => line.trim().startsWith(mark) && /^ {0,3}(?:`+|~+)\s*$/.test(line);
  let end = at + 1;
  while (end < lines.length && !closes(lines[end] ?? '')) end += 1;
  const text = escaped(lines.slice(at + 1, end).join('\n'));
  const [, language] = /^\s*([\w+#.-]+)/.exec(info) ?? [];
  const html =
    language === undefined
      ? `<pre>${text}</pre>`
      : `<pre><code class="language-${language}">${text}</code></pre>`;
  return { html, end: end + 1 };
}

/** In letters of one width, as it is written. */
function table(lines: readonly string[], at: number): Block | undefined {
  const isRow = (line: string | undefined): boolean => line?.includes('|') === true;
  const rule = lines[at + 1] ?? '';
  if (!isRow(lines[at]) || !isRow(rule) || !/^[\s|:-]+$/.test(rule) || !rule.includes('-')) return undefined;
  let end = at + 2;
  while (isRow(lines[end])) end += 1;
  return { html: `<pre>${escaped(lines.slice(at, end).join('\n'))}</pre>`, end };
}

function quote(lines: readonly string[], at: number): Block | undefined {
  const inner: string[] = [];
  let end = at;
  for (; lines[end]?.startsWith('>'); end += 1) inner.push(inlineHtml(lines[end]?.replace(/^> ?/, '') ?? ''));
  return end === at ? undefined : { html: `<blockquote>${inner.join('\n')}</blockquote>`, end };
}

function plainLine(lines: readonly string[], at: number): Block {
  const line = lines[at] ?? '';
  const end = at + 1;
  if (/^ {0,3}([-*_])(?: *\1){2,}\s*$/.test(line)) return { html: '———', end };
  const [mark] = /^ {0,3}#{1,6}\s+(?=\S)/.exec(line) ?? [];
  if (mark !== undefined) {
    const heading = line.slice(mark.length).replaceAll('**', '').trim().replace(/ #+$/, '');
    return { html: `<b>${inlineHtml(heading)}</b>`, end };
  }
  const [, indent = '', item] = /^(\s*)[-*+]\s+(.*)$/.exec(line) ?? [];
  return { html: item === undefined ? inlineHtml(line) : `${indent}• ${inlineHtml(item)}`, end };
}
