/** Body of `POST /v1/embeddings` → the texts (http.md §6). Unknown fields are ignored, null counts as absent. */
import * as v from 'valibot';
import { ApiError } from '../../../shared/errors/api-error.js';
import { embeddingLimits } from '../../../shared/limits.js';
import { compile } from '../../../shared/schema.js';
import { parseObject } from '../chat/request.js';
import type { EmbeddingsJob } from '../providers/openai-embeddings.js';

export interface EmbeddingsRequest {
  readonly model: string;
  readonly job: EmbeddingsJob;
}

const format = compile(v.picklist(['float', 'base64']));
const dimensions = compile(
  v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(embeddingLimits.dimensions)),
);

/** @throws ApiError 400 */
export function readEmbeddingsRequest(body: string | Uint8Array<ArrayBuffer>): EmbeddingsRequest {
  const raw = parseObject(body);
  const { model, encoding_format: asked = 'float', dimensions: length } = raw;
  if (model === undefined || model === '') throw invalid('Missing `model`.');
  if (typeof model !== 'string') throw invalid('Invalid `model`: must be string.');
  const texts = readInput(raw.input);
  if (!format.is(asked)) throw invalid('Invalid `encoding_format`: must be one of "float", "base64".');
  if (length !== undefined && !dimensions.is(length)) {
    const [problem] = dimensions.problems(length);
    throw invalid(`Invalid \`dimensions\`: ${problem?.message ?? 'not accepted'}.`);
  }
  return { model, job: { texts, format: asked, dimensions: length } };
}

function readInput(input: unknown): readonly string[] {
  const texts: unknown = typeof input === 'string' ? [input] : input;
  if (!Array.isArray(texts)) throw invalid('`input` must be a string or an array of strings.');
  const { inputs, itemChars, totalChars } = embeddingLimits;
  if (texts.length > inputs) throw invalid(`Too many inputs (max ${inputs}).`);
  if (!texts.every((text) => typeof text === 'string'))
    throw invalid('`input` must be a string or an array of strings.');
  if (texts.every((text) => text.trim() === ''))
    throw invalid('`input` must contain at least one non-empty string.');
  if (texts.some((text) => text.length > itemChars))
    throw invalid(`Input too long (max ${itemChars} characters).`);
  if (texts.reduce((sum, text) => sum + text.length, 0) > totalChars)
    throw invalid(`Total input too long (max ${totalChars} characters).`);
  return texts;
}

function invalid(message: string): ApiError {
  return new ApiError('invalidRequest', { message });
}
