import { expect } from 'chai'
import fc from 'fast-check'
import {
  dateFromText,
  dateText,
  instantFromText,
  instantIn,
  timestampText,
} from '../../src/codec/iso-time.ts'

/** The days that JavaScript's Date knows. */
const dateDays = fc.integer({ min: -100_000_000, max: 100_000_000 })
const int64 = fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n)

describe('ISO dates and instants', () => {
  it('are those of JavaScript, where it has them', () => {
    fc.assert(
      fc.property(dateDays, days => {
        expect(dateText(days)).to.equal(new Date(days * 86_400_000).toISOString().slice(0, -14))
        expect(dateFromText(dateText(days))).to.equal(days)
      }),
      { numRuns: 1000 },
    )
    fc.assert(
      fc.property(fc.date({ noInvalidDate: true }), date => {
        expect(timestampText(date.getTime(), 'ms')).to.equal(date.toISOString())
        expect(instantIn(instantFromText(date.toISOString())!, 'ms')).to.equal(date.getTime())
      }),
      { numRuns: 1000 },
    )
  })

  it('come back for every day and every instant', () => {
    fc.assert(fc.property(fc.integer(), days => dateFromText(dateText(days)) === days))
    fc.assert(fc.property(int64, ns => instantIn(instantFromText(timestampText(ns, 'ns'))!, 'ns') === ns))
    for (const unit of ['ms', 'us'] as const) {
      fc.assert(
        fc.property(fc.maxSafeInteger(), value => {
          expect(instantIn(instantFromText(timestampText(value, unit))!, unit)).to.equal(value)
        }),
      )
    }
  })

  it('take offsets, and no offset for UTC', () => {
    const texts = [
      '2020-01-01T12:00Z',
      '2020-01-01t14:30:00+02:30',
      '2020-01-01 05:00:00.000-0700',
      '2020-01-01T12:00:00',
    ]
    for (const text of texts)
      expect(instantIn(instantFromText(text)!, 'ms'), text).to.equal(1_577_880_000_000)
  })

  const none = [
    '2020-02-30',
    '2020-00-10',
    '2020-1-1',
    '20200101',
    '2020-01-01T25:00Z',
    '2020-01-01T12:60Z',
    '',
  ]
  none.push(
    '2020-01-01T12:00:60Z',
    '2020-01-01T12:00+24:00',
    '2020-01-01Z',
    ' 2020-01-01',
    '2020-01-01T12:00:00.Z',
  )
  for (const text of none) {
    it(`do not take '${text}'`, () => {
      expect(instantFromText(text)).to.equal(null)
    })
  }
})
