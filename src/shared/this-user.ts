/** Who runs this. Containers run programs as users whom their system does not know: those have a number and no name. */
import { userInfo } from 'node:os';

export interface ThisUser {
  /** -1 on Windows. */
  readonly uid: number;
  /** Of whom the system does not know: the number. */
  readonly name: string;
}

export function thisUser(): ThisUser {
  const uid = process.getuid?.() ?? -1;
  try {
    return { uid, name: userInfo().username };
  } catch {
    return { uid, name: String(uid) };
  }
}
