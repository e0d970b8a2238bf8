import { expect } from 'chai'
import { badData, HeadwaterError, invalid } from '../src/errors.ts'
import { HandoffRefused } from '../src/handoff/refuse.ts'

describe('errors', () => {
  it('say kind, code, thing, expected, found and remedy on one line', () => {
    const error = invalid({
      code: 'some-code',
      thing: 'the\n thing',
      expected: 'this',
      found: 'that',
      remedy: 'do so',
    })
    expect(error.message).to.equal('invalid some-code: the thing: expected this, found that; do so')
    expect(JSON.parse(JSON.stringify(error))).to.deep.equal({
      ...{ kind: 'invalid', code: 'some-code', thing: 'the\n thing', expected: 'this', found: 'that' },
      ...{ remedy: 'do so', message: error.message },
    })
  })

  it('leave out what is not known', () => {
    expect(badData({ code: 'c', thing: 't' }).message).to.equal('data c: t')
    expect(badData({ code: 'c', thing: 't', found: 'f' }).message).to.equal('data c: t: found f')
  })

  it('are recognised across copies of the library, and nothing else is', () => {
    const foreign = { [Symbol.for('headwater.error')]: true }
    expect(foreign).to.be.instanceOf(HeadwaterError)
    for (const other of [new Error('x'), null, undefined, 'x', {}])
      expect(other instanceof HeadwaterError).to.equal(false)
    expect(invalid({ code: 'c', thing: 't' }) instanceof HandoffRefused, 'a kind of its own').to.equal(false)
  })
})
