/** Files that a request names by URL, from a network of the test's own. */
import { expect, it } from 'vitest';
import { fileTypes } from '../../../../src/shared/media/file-type.js';
import { readFiles } from '../../../../src/workers/threads/responses/files.js';
import { site, testNetwork } from '../../../shared/net/support/site.js';

const rules = {
  allowUrl: true,
  urlAllowlist: [] as readonly string[],
  allowedMimes: fileTypes,
  maxBytes: 2_000,
  maxRedirects: 1,
  timeoutMs: 5_000,
  maxChars: 100,
  pdf: { maxPages: 4, maxPixels: 1, minTextChars: 0 },
};

async function read(
  url: string,
  over: Partial<typeof rules> = {},
  gone = new AbortController(),
): Promise<string> {
  const services = {
    gone: gone.signal,
    network: testNetwork(),
    readDocument: () => Promise.reject(new Error('there is none')),
  };
  const source = { type: 'url', url } as const;
  const [text = ''] = await readFiles(
    [{ at: 'input.0', name: 'a.md', source }],
    { ...rules, ...over },
    services,
  );
  return text;
}

it('are fetched, in the encoding that the server names', async () => {
  const { port } = await site((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/plain; charset=iso-8859-1' });
    response.end(Buffer.from('grüße', 'latin1'));
  });
  expect(await read(`http://files.example:${port}/a.txt`)).toContain('\ngrüße\n');
  await expect(read(`http://files.example:${port}/a.txt`, { allowUrl: false })).rejects.toThrow('allowUrl');
});

it('have the type of their name where the server names none', async () => {
  const { port } = await site((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/octet-stream' }).end('# Title');
  });
  expect(await read(`http://files.example:${port}/a`)).toContain('(text/markdown)');
});

it('come from hosts of the list alone, where there is one', async () => {
  const { port, asked } = await site((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/plain' }).end('x');
  });
  const urlAllowlist = ['*.example'];
  await read(`http://files.example:${port}/a`, { urlAllowlist });
  await expect(read(`http://files.test:${port}/b`, { urlAllowlist })).rejects.toThrow('cannot be fetched');
  expect(asked).toEqual(['/a']);
});

it('are no larger than allowed, and of an allowed type', async () => {
  const { port } = await site((request, response) => {
    const type = request.url === '/page' ? 'image/png' : 'text/plain';
    response.writeHead(200, { 'content-type': type }).end('x'.repeat(request.url === '/large' ? 2_001 : 10));
  });
  await expect(read(`http://files.example:${port}/large`)).rejects.toThrow('larger than 2000 bytes');
  await expect(read(`http://files.example:${port}/page`)).rejects.toThrow('unsupported file type image/png');
});

it('are not waited for when nobody wants them any more', async () => {
  const gone = new AbortController();
  const { port } = await site(() => gone.abort());
  await expect(read(`http://files.example:${port}/a`, {}, gone)).rejects.toThrow('cannot be fetched');
});
