/** Images and files of a request, whatever its endpoint: read, or fetched, before anything is done with the request. */
import { ApiError } from '../../../shared/errors/api-error.js';
import { responseLimits } from '../../../shared/limits.js';
import type { SentImage } from '../../../shared/media/sent-image.js';
import type { RouteTable } from '../../../shared/routes.js';
import { toError } from '../../../shared/to-error.js';
import { toolRunLimits } from '../../../shared/tools/limits.js';
import type { ToolOutcome } from '../../../shared/tools/tool-call.js';
import type { DocumentRequest } from '../documents/document.js';
import type { TaskLink } from '../link.js';
import type { CompletionTask } from '../protocol.js';
import { readResponseImages, requireFewUrls } from '../responses/images.js';
import { readImages } from './images.js';
import type { CompletionRequest } from './request.js';

export interface WithAttachments {
  /** With the text of its files. */
  readonly request: CompletionRequest;
  readonly images: readonly SentImage[] | undefined;
}

/** @throws ApiError 400 for one that is not what it may be, 503 when too many are being read */
export async function withAttachments(
  { endpoint }: CompletionTask,
  request: CompletionRequest,
  routes: RouteTable,
  link: TaskLink,
): Promise<WithAttachments> {
  const { imageUrls, files } = request;
  if (!imageUrls && !files) return { request, images: undefined };
  const { chatImages, responseImages, responseFiles } = routes;
  const gone = new AbortController();
  link.onAbort(() => gone.abort());
  const { signal } = gone;
  try {
    if (endpoint === 'chat.completions')
      return { request, images: imageUrls && (await readImages(imageUrls, chatImages, signal)) };
    const fetched = files?.filter(({ source }) => source.type === 'url').length ?? 0;
    requireFewUrls(imageUrls ?? [], fetched, responseImages);
    const images = imageUrls && (await readResponseImages(imageUrls, responseImages, signal));
    if (!files) return { request, images };
    const { readFiles } = await import('../responses/files.js');
    const readDocument = createDocumentReader(link);
    const texts = await readFiles(files, responseFiles, { readDocument, gone: signal });
    return { request: withTexts(request, texts), images };
  } finally {
    // Of several, one may have failed: the others are not wanted either.
    gone.abort();
  }
}

function createDocumentReader(link: TaskLink) {
  const timeoutMs = toolRunLimits.queueMs + responseLimits.readFileMs + toolRunLimits.endingMs;
  return async (request: DocumentRequest, signal: AbortSignal): Promise<ToolOutcome> => {
    try {
      return await link.ask('read-document', request, { timeoutMs, signal });
    } catch (caught) {
      throw new ApiError('overloaded', { cause: `a file was not read: ${toError(caught).message}` });
    }
  };
}

/** They are no part of what was said, and of no session. */
function withTexts(request: CompletionRequest, texts: readonly string[]): CompletionRequest {
  const system = [request.turn.system, ...texts].filter((text) => text !== '').join('\n\n');
  return { ...request, turn: { ...request.turn, system } };
}
