/** Single values out of what a definition says. */

/** Of `--flag value` and `--flag=value`; undefined when it is not there. */
export function argumentValue(args: readonly string[], flag: string): string | undefined {
  const at = args.indexOf(flag);
  if (at >= 0) return args[at + 1];
  return args.find((argument) => argument.startsWith(`${flag}=`))?.slice(flag.length + 1);
}

const units: Readonly<Record<string, number>> = {
  ms: 0.001,
  s: 1,
  sec: 1,
  second: 1,
  seconds: 1,
  m: 60,
  min: 60,
  minute: 60,
  minutes: 60,
  h: 3_600,
  hr: 3_600,
  hour: 3_600,
  hours: 3_600,
};

/** A time span of systemd, `1min 30s`; undefined for none, and for what it is not. */
export function seconds(text: string | undefined): number | undefined {
  const value = text?.trim().toLowerCase();
  if (!value) return undefined;
  if (value === 'infinity') return Number.POSITIVE_INFINITY;
  if (!/^(?:[\d.]+\s*[a-z]*\s*)+$/.test(value)) return undefined;
  const parts = [...value.matchAll(/([\d.]+)\s*([a-z]*)/g)].map(([, amount = '', unit = '']) => {
    const factor = unit === '' ? 1 : units[unit];
    return factor === undefined ? Number.NaN : Number(amount) * factor;
  });
  const total = parts.reduce((sum, part) => sum + part, 0);
  return Number.isNaN(total) ? undefined : total;
}
