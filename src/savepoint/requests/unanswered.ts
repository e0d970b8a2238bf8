/** Why a request got no answer. In every case it is taken back: nothing is asked any more. */
import { conflict, invalid, unavailable, type HeadwaterError } from '../../errors.ts'
import type { Presence } from '../presence.ts'

/** `process 4711 on host`. */
export function processText({ process: { pid, host } }: Presence): string {
  return `process ${pid} on ${host}`
}

/** There is nobody to ask. */
export function notRunning(store: string, newest: number): HeadwaterError {
  return invalid({
    code: 'not-running',
    thing: store,
    expected: 'a run at work in it',
    found: `none; its newest checkpoint is ${newest}`,
    remedy: 'what it holds now is read by every command, as it is: see headwater show',
  })
}

/** Who was asked is gone. */
export function ownerGone(store: string, owner: Presence, newest: number): HeadwaterError {
  return unavailable({
    code: 'owner-gone',
    thing: store,
    expected: `an answer of ${processText(owner)}`,
    found: `that it ended without one; its newest checkpoint is ${newest}`,
    remedy: 'start the run again: it goes on from that checkpoint; then ask again',
  })
}

/** It took too long. */
export function noAnswer(store: string, owner: Presence, timeoutMs: number): HeadwaterError {
  return unavailable({
    code: 'no-answer',
    thing: store,
    expected: `an answer of ${processText(owner)} within ${timeoutMs} ms`,
    found: 'none: it is busy, or paused, or on a machine that is away',
    remedy: 'the request was taken back; ask again, with a longer --timeout',
  })
}

/** A stop is for the run that was asked, not for the one that came after it. */
export function otherOwner(store: string, owner: Presence): HeadwaterError {
  return conflict({
    code: 'other-owner',
    thing: store,
    expected: 'an answer of the run that was asked to stop',
    found: `another run, which took over: ${processText(owner)}`,
    remedy: 'ask again to stop that one',
  })
}

/** The path is no folder of checkpoints. */
export function notAStore(path: string): HeadwaterError {
  return invalid({
    code: 'not-a-store',
    thing: path,
    expected: 'the folder of checkpoints of a run',
    found: 'a folder without any checkpoint',
    remedy: 'name the folder that the run was given with --checkpoints',
  })
}
