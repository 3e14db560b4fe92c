/** OpenAI's embeddings API, which servers that speak its chat completions mostly have as well. */
import { noUsage, type Usage } from '../../../shared/usage.js';
import type { Try } from '../tries.js';
import type { ProviderRequest } from './adapter.js';
import { tokenCount } from './reading.js';
import { bearer, createRequestHeaders } from './request-headers.js';

const headersFor = createRequestHeaders(bearer);

export type EmbeddingFormat = 'float' | 'base64';

export interface EmbeddingsJob {
  readonly texts: readonly string[];
  readonly format: EmbeddingFormat;
  /** The model's own when undefined. */
  readonly dimensions: number | undefined;
}

/** Numbers, or float32 little-endian in base64. */
export type Embedding = readonly number[] | string;

export interface Embeddings {
  /** In the order of the texts. */
  readonly vectors: readonly Embedding[];
  readonly usage: Usage;
}

export function embeddingsRequest(
  { texts, format, dimensions }: EmbeddingsJob,
  { candidate, credential }: Try,
): ProviderRequest {
  return {
    path: '/embeddings',
    headers: headersFor(candidate.provider, credential, false),
    body: JSON.stringify({
      model: candidate.model,
      input: texts,
      encoding_format: format,
      ...(dimensions === undefined ? {} : { dimensions }),
    }),
  };
}

/** Some servers give numbers whatever was asked for. @throws Error when `answer` is not one embedding for each text */
export function readEmbeddings(answer: unknown, texts: number): Embeddings {
  const { data, usage } = (answer ?? {}) as { readonly data?: unknown; readonly usage?: unknown };
  if (!Array.isArray(data)) throw new Error('answer without data');
  const vectors: (Embedding | undefined)[] = Array.from({ length: texts });
  for (const [n, row] of data.entries()) {
    const { index = n, embedding } = (row ?? {}) as { readonly index?: number; readonly embedding?: unknown };
    if (!isEmbedding(embedding)) throw new Error(`data[${n}] holds no embedding`);
    vectors[index] = embedding;
  }
  if (vectors.length !== texts || vectors.includes(undefined))
    throw new Error(`${data.length} embeddings for ${texts} texts`);
  const { prompt_tokens: input } = (usage ?? {}) as { readonly prompt_tokens?: unknown };
  return { vectors: vectors as Embedding[], usage: { ...noUsage, input: tokenCount(input) } };
}

function isEmbedding(value: unknown): value is Embedding {
  if (typeof value === 'string') {
    const bytes = /^[A-Za-z0-9+/]+={0,2}$/.test(value) ? Buffer.byteLength(value, 'base64') : 0;
    return bytes > 0 && bytes % Float32Array.BYTES_PER_ELEMENT === 0;
  }
  return Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === 'number');
}
