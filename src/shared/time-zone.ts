/** Time zones by their names, as the ICU data of Node knows them. */
export function isTimeZone(name: string): boolean {
  // What looks like one and is an offset means something else to other programs.
  if (!/^[A-Za-z][A-Za-z0-9_+/-]{0,63}$/.test(name)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name }).format(0);
    return true;
  } catch {
    return false;
  }
}
