/**
 * The mock upstream's answers as bytes, built once: a JSON completion, and the chunks of a streamed one, each already in its
 * HTTP chunk framing.
 */

const contentChunks = 24;
const slowChunks = 120;
/** Asked by these names, the mock streams at the pace of a real model: an answer that is longer, and one of a sentence or two. */
export const slowModel = 'm-slow';
export const briefModel = 'm-brief';
export const slowChunkMs = 20;
const created = 1_760_000_000;
const id = 'chatcmpl-mock';
const model = 'm-1';
const usage = { prompt_tokens: 70, completion_tokens: contentChunks, total_tokens: 70 + contentChunks };

function response(status: string, contentType: string, body: string): Buffer {
  const length = Buffer.byteLength(body);
  return Buffer.from(
    `HTTP/1.1 ${status}\r\nContent-Type: ${contentType}\r\nContent-Length: ${length}\r\n\r\n${body}`,
  );
}

export const jsonAnswer = response(
  '200 OK',
  'application/json',
  JSON.stringify({
    id,
    object: 'chat.completion',
    created,
    model,
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: 'Two people have to be at the gate on Thursday morning; the cold goods go up the stairs.',
        },
        finish_reason: 'stop',
      },
    ],
    usage,
  }),
);

export const notFoundAnswer = response(
  '404 Not Found',
  'application/json',
  JSON.stringify({
    error: { message: 'the mock upstream only knows POST /v1/chat/completions', type: 'not_found' },
  }),
);

export const streamHead = Buffer.from(
  'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n',
);

function frame(data: string): string {
  const event = `data: ${data}\n\n`;
  return `${Buffer.byteLength(event).toString(16)}\r\n${event}\r\n`;
}

function chunk(delta: object, finishReason: string | null): string {
  const choices = [{ index: 0, delta, finish_reason: finishReason }];
  return frame(JSON.stringify({ id, object: 'chat.completion.chunk', created, model, choices }));
}

function streamSteps(withUsage: boolean, chunks = contentChunks): readonly Buffer[] {
  const usageChunk = frame(
    JSON.stringify({ id, object: 'chat.completion.chunk', created, model, choices: [], usage }),
  );
  return [
    chunk({ role: 'assistant', content: '' }, null),
    ...Array.from({ length: chunks }, (_, index) => chunk({ content: `word ${index} ` }, null)),
    chunk({}, 'stop'),
    ...(withUsage ? [usageChunk] : []),
    `${frame('[DONE]')}0\r\n\r\n`,
  ].map((step) => Buffer.from(step));
}

/** One write each, in this order, after `streamHead`. */
export const plainStream = streamSteps(false);
export const streamWithUsage = streamSteps(true);
/** Sent one at a time, so far apart. */
export const pacedStreams: Readonly<Record<string, readonly Buffer[]>> = {
  [slowModel]: streamSteps(true, slowChunks),
  [briefModel]: streamWithUsage,
};
