/** Expects a call to be refused as `invalid`. */
import { expect } from 'chai'
import { HeadwaterError } from '../../src/errors.ts'

/** Calls it and expects that code; returns the message. */
export function refuses(call: () => unknown, code: string): string {
  try {
    call()
  } catch (error) {
    if (!(error instanceof HeadwaterError)) throw error
    expect(`${error.kind} ${error.code}`, error.message).to.equal(`invalid ${code}`)
    return error.message
  }
  throw new Error(`expected invalid ${code}, but nothing failed`)
}
