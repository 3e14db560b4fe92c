/** `web_fetch`: the text of a page of the public web. */
import { toolLimits } from '../../../shared/tools/limits.js';
import { builtinTools } from '../../../shared/tools/builtin.js';
import { FetchFailure } from '../../../shared/net/fetch-failure.js';
import { guardedFetch, type Fetched } from '../../../shared/net/guarded-fetch.js';
import { asUntrusted } from '../untrusted-content.js';
import { errorResult, textResult, tool, ToolInputError, type ToolResult } from './tool.js';
import { decodePage } from './web/decode-text.js';
import { pageText, type PageText } from './web/page-text.js';

/** What there is text in. */
const types = [
  'text/*',
  'application/json',
  'application/ld+json',
  'application/xhtml+xml',
  'application/xml',
  'application/rss+xml',
  'application/atom+xml',
  'application/javascript',
  'application/yaml',
];

const htmlTypes: ReadonlySet<string> = new Set(['text/html', 'application/xhtml+xml']);

/** What a caller can do nothing about but ask for something else. */
const refused: ReadonlySet<string> = new Set(['url', 'blocked-host', 'blocked-address']);

export const webFetch = tool(
  builtinTools.web_fetch,
  async ({ url, extract = 'markdown', maxChars }, { settings, network }) => {
    const { maxBytes, timeoutMs } = settings.web;
    const most = Math.min(maxChars ?? settings.web.maxChars, settings.web.maxChars, toolLimits.webChars);
    const request = { url, maxBytes, timeoutMs, maxRedirects: toolLimits.webRedirects, allowedTypes: types };
    try {
      const fetched = await guardedFetch(request, network);
      return shown(fetched, readPage(fetched, extract), most);
    } catch (caught) {
      if (!(caught instanceof FetchFailure)) throw caught;
      // The URL may hold a secret, and the message goes to the log.
      const message = `the page was not fetched: ${caught.message}`;
      if (refused.has(caught.reason)) throw new ToolInputError(message);
      return errorResult(message, { reason: caught.reason, status: caught.status });
    }
  },
);

function readPage({ bytes, charset, type, url }: Fetched, form: 'markdown' | 'text'): PageText {
  const text = decodePage(bytes, charset);
  return htmlTypes.has(type) ? pageText(text, url, form) : { title: undefined, text };
}

function shown({ url, type, bytes }: Fetched, { title, text }: PageText, most: number): ToolResult {
  const isCut = text.length > most;
  const content = [
    ...(title === undefined ? [] : [`Title: ${title.slice(0, 300)}`, '']),
    text.slice(0, most),
  ];
  const note = isCut ? `\n[the first ${most} of ${text.length} characters]` : '';
  const details = { url, type, bytes: bytes.length, chars: text.length, cut: isCut, title };
  return textResult(asUntrusted(content.join('\n'), url) + note, details);
}
