/** Which process this is, and whether another one still lives: a process number alone is given out again. */
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { hasErrno } from '../../errors.ts'

/** A process, for ever: no other has the same three. */
export interface ProcessIdentity {
  readonly host: string
  readonly pid: number
  /** The boot and the instant of the process's start, where the system tells; else empty. */
  readonly start: string
}

/** This process. */
export function thisProcess(): ProcessIdentity {
  return { host: hostname(), pid: process.pid, start: startOf(process.pid) ?? '' }
}

/** Whether that process lives. One of another machine can't be seen from here and counts as alive. */
export function isAlive(identity: ProcessIdentity): boolean {
  if (identity.host !== hostname()) return true
  if (!hasProcess(identity.pid)) return false
  const start = startOf(identity.pid)
  if (start === null) return false
  return identity.start === '' || start === '' || start === identity.start
}

/** Whether a process of this machine has that number now. */
export function hasProcess(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return !hasErrno(error, 'ESRCH')
  }
}

/** The start of a process from /proc; empty where there is no /proc, null for a process that is gone or a zombie. */
function startOf(pid: number): string | null {
  const boot = readProc('/proc/sys/kernel/random/boot_id')
  if (boot === null) return ''
  const stat = readProc(`/proc/${pid}/stat`)
  if (stat === null) return null
  // proc(5): "pid (name) state …", where the name may hold anything; the start is field 22, the 20th behind the name.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  if (fields[0] === 'Z' || fields[0] === 'X') return null
  return `${boot.slice(0, 8)}-${fields[19] ?? ''}`
}

function readProc(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    return null
  }
}
