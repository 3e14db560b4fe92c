/**
 * What the HTTP loads send: one user message of about 300 bytes, as a chat completion or as a response. The baseline proxy
 * gets the same bytes as the gateway's chat completions.
 */

const userMessage =
  'Please read the following short note and answer in one or two sentences: the delivery for the north building ' +
  'arrives on Thursday before noon, two people are needed at the gate, the lift is out of order until Friday, and ' +
  'the cold goods have to be in the store room on the second floor within thirty minutes.';

/** The request body; `model` is the name as the receiver knows it. */
export function chatBody(model: string, stream: boolean): string {
  return JSON.stringify({
    model,
    messages: [{ role: 'user', content: userMessage }],
    ...(stream ? { stream: true } : {}),
  });
}

export const chatPath = '/v1/chat/completions';

/** The same message to the API of responses; stored, it can be continued. */
export function responseBody(model: string, store: boolean): string {
  return JSON.stringify({ model, input: userMessage, store });
}

export const responsesPath = '/v1/responses';
