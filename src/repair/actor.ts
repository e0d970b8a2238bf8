/** Who gives a command, as far as the operating system knows. */
import { hostname, userInfo } from 'node:os'

/** A user on a machine. */
export interface Actor {
  readonly user: string
  readonly host: string
}

/** The user of this process. */
export function systemActor(): Actor {
  return { user: userName(), host: hostname() }
}

/** A container may run as a number that no user has. */
function userName(): string {
  try {
    return userInfo().username
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`
  }
}
