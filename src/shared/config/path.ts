/** Places in a config: lists of keys and indexes inside, `agents.list[0].id` and `models["openai/gpt-4.1"]` for people. */

export type ConfigPath = readonly (string | number)[];

export function formatPath(path: ConfigPath): string {
  return path
    .map((part, place) => {
      if (typeof part === 'number') return `[${part}]`;
      if (part === '' || /[.[\]"\s]/.test(part)) return `[${JSON.stringify(part)}]`;
      return place === 0 ? part : `.${part}`;
    })
    .join('');
}

/** Undefined for what is not a path. Digits in brackets are an index, also where they turn out to be a key. */
export function parsePath(text: string): ConfigPath | undefined {
  const part = /(?:^|\.)([^.[\]"\s]+)|\[(\d{1,9})\]|\[("(?:[^"\\]|\\.)*")\]/y;
  const path: (string | number)[] = [];
  while (part.lastIndex < text.length) {
    const [whole, key, index, quoted] = part.exec(text) ?? [];
    if (whole === undefined) return undefined;
    if (index !== undefined) path.push(Number(index));
    else path.push(key ?? (JSON.parse(quoted as string) as string));
  }
  return path.length > 0 ? path : undefined;
}
