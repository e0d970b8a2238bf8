/** Expects an error of ours. */
import { expect } from 'chai'
import { HeadwaterError, type ErrorKind } from '../src/errors.ts'

/** Awaits `action` and expects it to fail with that kind and code; returns the error, for its message. */
export async function rejects(
  action: Promise<unknown>,
  kind: ErrorKind,
  code: string,
): Promise<HeadwaterError> {
  try {
    await action
  } catch (error) {
    if (!(error instanceof HeadwaterError)) throw error
    expect(`${error.kind} ${error.code}`, error.message).to.equal(`${kind} ${code}`)
    return error
  }
  throw new Error(`expected ${kind} ${code}, but nothing failed`)
}
