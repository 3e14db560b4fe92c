/** Images that a request names by URL, from a network of the test's own. */
import { expect, it } from 'vitest';
import { imageTypes } from '../../../../src/shared/media/image-type.js';
import { readImages } from '../../../../src/workers/threads/chat/images.js';
import { png } from '../../../support/images.js';
import { site, testNetwork } from '../../../shared/net/support/site.js';

const sources = {
  allowUrl: true,
  urlAllowlist: [] as readonly string[],
  allowedMimes: imageTypes,
  maxBytes: 2_000,
  maxRedirects: 1,
  timeoutMs: 5_000,
};
const gone = new AbortController().signal;
const image = png(1_000);

function read(url: string, over: Partial<typeof sources> = {}) {
  const rules = { maxImageParts: 8, maxTotalImageBytes: 10_000, images: { ...sources, ...over } };
  return readImages([url], rules, gone, testNetwork());
}

it('are fetched where that is allowed, and are what their bytes say', async () => {
  const { port } = await site((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(image);
  });
  const [read1] = await read(`http://pictures.example:${port}/a`);
  expect(read1).toMatchObject({ mimeType: 'image/png' });
  expect(Buffer.from(read1?.bytes ?? [])).toEqual(image);
  await expect(read(`http://pictures.example:${port}/a`, { allowUrl: false })).rejects.toThrow('image_url');
});

it('come from hosts of the list alone, where there is one', async () => {
  const { port, asked } = await site((_request, response) => response.end(image));
  const urlAllowlist = ['*.example'];
  expect(await read(`http://pictures.example:${port}/a`, { urlAllowlist })).toHaveLength(1);
  await expect(read(`http://pictures.test:${port}/b`, { urlAllowlist })).rejects.toThrow('image_url');
  expect(asked).toEqual(['/a']);
});

it('are refused when too large, when something else, and after too many redirects', async () => {
  const { port } = await site((request, response) => {
    if (request.url === '/large') response.end(png(2_001));
    else if (request.url === '/text') response.end('hello');
    else response.writeHead(302, { location: `${request.url}x` }).end();
  });
  for (const path of ['large', 'text', 'round'])
    await expect(read(`http://pictures.example:${port}/${path}`)).rejects.toThrow(
      'Invalid image_url content',
    );
});
