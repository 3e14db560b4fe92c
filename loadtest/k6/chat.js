/**
 * Chat completions with k6: the HTTP load of `npm run loadtest` for a gateway that runs anywhere.
 *
 *   k6 run -e PLLAN_URL=http://127.0.0.1:18789 -e PLLAN_TOKEN=… loadtest/k6/chat.js
 *
 * PLLAN_STREAM=1 streams the answers (SSE; k6 reads a stream to its end, so a duration is that of the whole answer);
 * PLLAN_VUS, PLLAN_DURATION and PLLAN_MODEL change the load.
 */
import { check } from 'k6';
import http from 'k6/http';

const url = `${__ENV.PLLAN_URL || 'http://127.0.0.1:18789'}/v1/chat/completions`;
const stream = __ENV.PLLAN_STREAM === '1';

const body = JSON.stringify({
  model: __ENV.PLLAN_MODEL || 'pllan',
  messages: [
    {
      role: 'user',
      content:
        'Please read the following short note and answer in one or two sentences: the delivery for the north ' +
        'building arrives on Thursday before noon, two people are needed at the gate, the lift is out of order ' +
        'until Friday, and the cold goods have to be in the store room on the second floor within thirty minutes.',
    },
  ],
  ...(stream ? { stream: true } : {}),
});

const params = {
  headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${__ENV.PLLAN_TOKEN || ''}` },
  timeout: '30s',
};

export const options = {
  scenarios: {
    chat: {
      executor: 'constant-vus',
      exec: 'chat',
      vus: Number(__ENV.PLLAN_VUS || (stream ? 32 : 64)),
      duration: __ENV.PLLAN_DURATION || '30s',
    },
  },
  thresholds: {
    http_req_failed: ['rate<0.001'],
    checks: ['rate>0.999'],
    // For a mock upstream that answers at once; a real model takes as long as it takes.
    http_req_duration: [stream ? 'p(99)<250' : 'p(99)<100'],
  },
};

export function chat() {
  const response = http.post(url, body, params);
  check(response, {
    'status is 200': (answer) => answer.status === 200,
    'answer is whole': (answer) =>
      typeof answer.body === 'string' && answer.body.includes(stream ? 'data: [DONE]' : '"choices"'),
  });
}
