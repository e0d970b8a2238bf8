import { expect } from 'chai'
import { checkedName } from '../../src/record/name.ts'
import { refuseUnknownOptions } from '../../src/record/options.ts'

describe('names', () => {
  for (const name of ['totals', 'spend-per-customer', '_x', 'v1.2', '9', 'a'.repeat(100)]) {
    it(`may be '${name}'`, () => expect(checkedName(name, 'uid')).to.equal(name))
  }

  const wrong: unknown[] = [
    '',
    '-a',
    '.a',
    'a.',
    '..',
    'a/b',
    'a b',
    'é',
    '__proto__',
    'a'.repeat(101),
    'a\n',
    5,
    null,
  ]
  for (const name of wrong) {
    it(`may not be ${JSON.stringify(name)}`, () => {
      expect(() => checkedName(name as string, 'operator uid'))
        .to.throw()
        .that.includes({ kind: 'invalid', code: 'bad-name', thing: 'operator uid' })
    })
  }
})

describe('options', () => {
  it('with an unknown name are refused, with the known ones listed', () => {
    refuseUnknownOptions({ into: 'x' }, ['into', 'order'], 'bootstrap')
    expect(() => refuseUnknownOptions({ inot: 'x' }, ['into', 'order'], 'bootstrap'))
      .to.throw()
      .that.includes({ code: 'unknown-option', thing: 'bootstrap: inot', expected: 'one of into, order' })
    expect(() => refuseUnknownOptions(null as unknown as object, [], 'bootstrap'))
      .to.throw()
      .that.includes({ kind: 'invalid', code: 'bad-options' })
  })
})
