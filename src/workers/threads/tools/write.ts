/** `write`: a file of the workspace, whole. */
import { toolLimits } from '../../../shared/tools/limits.js';
import { builtinTools } from '../../../shared/tools/builtin.js';
import { textResult, tool, ToolInputError } from './tool.js';
import { existingFile, refusing, replaceFile } from './workspace/files.js';
import { withFolder } from './workspace/folder.js';
import { resolvePlace } from './workspace/resolve.js';

export const write = tool(builtinTools.write, async ({ path, content }, { workspace }) => {
  const place = await resolvePlace(workspace, path);
  const bytes = Buffer.from(content);
  if (bytes.length > toolLimits.fileBytes)
    throw new ToolInputError(`content is larger than ${toolLimits.fileBytes} bytes`);
  return refusing(place, () =>
    withFolder(place, true, async (opened) => {
      const before = await existingFile(opened, place);
      await replaceFile(opened, bytes, before?.mode);
      const details = { path: place.shown, bytes: bytes.length, created: before === undefined };
      return textResult(`${before ? 'Replaced' : 'Made'} ${place.shown}, ${bytes.length} bytes.`, details);
    }),
  );
});
