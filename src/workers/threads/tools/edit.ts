/** `edit`: text in a file of the workspace replaced by other text. */
import { toolLimits } from '../../../shared/tools/limits.js';
import { builtinTools } from '../../../shared/tools/builtin.js';
import { textResult, tool, ToolInputError } from './tool.js';
import { decodeText, openFile, readWhole, refusing, replaceFile } from './workspace/files.js';
import { withFolder } from './workspace/folder.js';
import { resolvePlace } from './workspace/resolve.js';

export const edit = tool(
  builtinTools.edit,
  async ({ path, oldText, newText, all = false }, { workspace }) => {
    if (oldText === newText) throw new ToolInputError('oldText and newText are the same');
    const place = await resolvePlace(workspace, path);
    return refusing(place, () =>
      withFolder(place, false, async (opened) => {
        const file = await openFile(opened, place);
        try {
          const text = decodeText(await readWhole(file, place), place);
          const [from, to] = asInFile(text, oldText, newText);
          const at = placesOf(text, from);
          const [first] = at;
          if (first === undefined) throw new ToolInputError(`oldText is not in ${place.shown}`);
          if (at.length > 1 && !all)
            throw new ToolInputError(
              `oldText is in ${place.shown} ${at.length} times: give more of what is around it, or set all`,
            );
          const bytes = Buffer.from(text.split(from).join(to));
          if (bytes.length > toolLimits.fileBytes)
            throw new ToolInputError(`${place.shown} would be larger than ${toolLimits.fileBytes} bytes`);
          await replaceFile(opened, bytes, file.mode);
          const line = text.slice(0, first).split('\n').length;
          const details = { path: place.shown, replaced: at.length, firstLine: line };
          return textResult(
            `Changed ${place.shown}: ${at.length === 1 ? `1 place, line ${line}` : `${at.length} places, first at line ${line}`}.`,
            details,
          );
        } finally {
          await file.handle.close();
        }
      }),
    );
  },
);

/** Models write `\n` also where a file has `\r\n`. */
function asInFile(text: string, oldText: string, newText: string): readonly [string, string] {
  if (text.includes(oldText) || oldText.includes('\r') || !text.includes('\r\n')) return [oldText, newText];
  const [from, to] = [oldText, newText].map((one) => one.replaceAll(/\r?\n/g, '\r\n')) as [string, string];
  return [from, to];
}

/** Without overlaps, as they are replaced. */
function placesOf(text: string, part: string): number[] {
  const places: number[] = [];
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length)) places.push(at);
  return places;
}
