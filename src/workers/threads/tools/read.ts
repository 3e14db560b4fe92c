/** `read`: a file of the workspace, some lines of it or an image. */
import { StringDecoder } from 'node:string_decoder';
import { toolLimits } from '../../../shared/tools/limits.js';
import { imageTypeOf } from '../../../shared/media/image-type.js';
import { builtinTools } from '../../../shared/tools/builtin.js';
import { textResult, tool, ToolInputError, type ToolResult } from './tool.js';
import { HEAD_BYTES, isBinary, readBytes, readingFile, type OpenFile } from './workspace/files.js';
import { resolvePlace, type Place } from './workspace/resolve.js';

const CHUNK_BYTES = 65_536;

export const read = tool(builtinTools.read, async ({ path, offset = 1, limit }, { workspace }) => {
  const place = await resolvePlace(workspace, path);
  return readingFile(place, async (file) => {
    const head = await readBytes(file.handle, Math.min(file.bytes, HEAD_BYTES));
    const mimeType = imageTypeOf(head);
    if (mimeType !== undefined) return image(file, place, mimeType);
    if (isBinary(head)) throw new ToolInputError(`${place.shown} is a binary file`);
    return lines(file, place, offset, Math.min(limit ?? toolLimits.readLines, toolLimits.readLines));
  });
});

async function image({ handle, bytes }: OpenFile, place: Place, mimeType: string): Promise<ToolResult> {
  if (bytes > toolLimits.imageBytes)
    throw new ToolInputError(`${place.shown} is an image larger than ${toolLimits.imageBytes} bytes`);
  const data = (await readBytes(handle, bytes)).toString('base64');
  const details = { path: place.shown, mimeType, bytes };
  return {
    content: [
      { type: 'text', text: `${place.shown}: ${mimeType}, ${bytes} bytes` },
      { type: 'image', mimeType, data },
    ],
    details,
  };
}

async function lines(file: OpenFile, place: Place, offset: number, limit: number): Promise<ToolResult> {
  const page: string[] = [];
  let chars = 0;
  let seen = 0;
  let more = false;
  let cut = false;
  for await (const line of linesOf(file, place)) {
    seen += 1;
    if (seen < offset) continue;
    chars += line.length;
    // A line that is too long for any page is shown as far as it fits.
    more = page.length === limit || (page.length > 0 && chars > toolLimits.readChars);
    if (more) break;
    cut = line.length > toolLimits.readChars;
    page.push(line.slice(0, toolLimits.readChars));
  }
  const details = { path: place.shown, bytes: file.bytes, firstLine: offset, lines: page.length, more };
  if (page.length === 0 && offset > 1)
    throw new ToolInputError(`${place.shown} has no line ${offset}: it has ${seen}`);
  if (page.length === 0) return textResult('[the file is empty]', details);
  const next = offset + page.length;
  const notes = [
    ...(cut ? [`line ${next - 1} is longer than shown`] : []),
    ...(more ? [`there is more: go on with offset ${next}`] : []),
  ];
  return textResult([...page, ...(notes.length > 0 ? [`[${notes.join('; ')}]`] : [])].join('\n'), details);
}

/** Of a long one a little more than can be shown. */
async function* linesOf({ handle }: OpenFile, place: Place): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8');
  const chunk = Buffer.alloc(CHUNK_BYTES);
  let open: string | undefined;
  for (let at = 0; ;) {
    if (at > toolLimits.readBytes)
      throw new ToolInputError(
        `${place.shown} is too large: only its first ${toolLimits.readBytes} bytes can be read`,
      );
    const { bytesRead } = await handle.read(chunk, 0, CHUNK_BYTES, at);
    if (bytesRead === 0) break;
    at += bytesRead;
    const parts = decoder.write(chunk.subarray(0, bytesRead)).split('\n');
    for (const [n, part] of parts.entries()) {
      if (n > 0) {
        yield open ?? '';
        open = undefined;
      }
      if (part !== '' && (open ?? '').length <= toolLimits.readChars) open = (open ?? '') + part;
    }
  }
  if (open !== undefined) yield open;
}
