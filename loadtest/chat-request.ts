/**
 * The chat completion that every HTTP load sends: one user message of about 300 bytes. The baseline proxy gets the same
 * bytes as the gateway.
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
