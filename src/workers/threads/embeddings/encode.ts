/** Embeddings as the client gets them: numbers, or float32 little-endian in base64 (http.md §6). */
import { endianness } from 'node:os';
import type { Embedding, EmbeddingFormat, Embeddings } from '../providers/openai-embeddings.js';

/** @param model the name that was asked for */
export function encodeEmbeddings(
  { vectors, usage }: Embeddings,
  format: EmbeddingFormat,
  model: string,
): string {
  const data = vectors.map((vector, index) => ({
    object: 'embedding',
    index,
    embedding: format === 'base64' ? toBase64(vector) : toNumbers(vector),
  }));
  return JSON.stringify({
    object: 'list',
    data,
    model,
    usage: { prompt_tokens: usage.input, total_tokens: usage.input },
  });
}

function toBase64(vector: Embedding): string {
  if (typeof vector === 'string') return vector;
  const bytes = Buffer.from(Float32Array.from(vector).buffer);
  return inWireOrder(bytes).toString('base64');
}

function toNumbers(vector: Embedding): readonly number[] {
  if (typeof vector !== 'string') return vector;
  // A copy: a decoded buffer may begin anywhere in its memory, and floats may not.
  const bytes = inWireOrder(Buffer.from(vector, 'base64'));
  return Array.from(new Float32Array(Uint8Array.from(bytes).buffer, 0, Math.floor(bytes.length / 4)));
}

function inWireOrder(bytes: Buffer): Buffer {
  return endianness() === 'LE' ? bytes : bytes.swap32();
}
