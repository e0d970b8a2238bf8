/** The error of a call that must fail. */
import { expect } from 'chai'
import { HeadwaterError } from '../../src/errors.ts'

/** What the call throws, which must be an error of ours. */
export async function failureOf(call: () => unknown): Promise<HeadwaterError> {
  try {
    await call()
  } catch (error) {
    expect(error, String(error)).to.be.instanceOf(HeadwaterError)
    return error as HeadwaterError
  }
  throw new Error('expected a failure, and there was none')
}
