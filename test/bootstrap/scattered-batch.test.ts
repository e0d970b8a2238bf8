import { expect } from 'chai'
import { pathElement } from '../../src/bootstrap/scattered-batch.ts'
import { HeadwaterError } from '../../src/errors.ts'

describe('a place in the path of a row', () => {
  it('orders by emission, consumer and output, with room for 100,000 outputs of a record', () => {
    const places = [
      [0, 0, 0],
      [0, 0, 65_535],
      [0, 0, 65_536],
      [0, 0, 100_000],
      [0, 1, 0],
      [0, 1023, 5],
      [1, 0, 0],
      [8_388_607, 1023, 1_048_575],
    ] as const
    const elements = places.map(([emission, consumer, output]) => pathElement(emission, consumer, output))
    expect(elements).to.deep.equal(elements.toSorted((a, b) => a - b))
    expect(new Set(elements).size).to.equal(places.length)
    expect(elements.every(Number.isSafeInteger)).to.equal(true)
  })

  for (const [emission, consumer, output] of [
    [8_388_608, 0, 0],
    [0, 1024, 0],
    [0, 0, 1_048_576],
  ] as const) {
    it(`refuses emission ${emission}, consumer ${consumer}, output ${output}`, () => {
      const act = () => pathElement(emission, consumer, output)
      expect(act).to.throw(HeadwaterError).with.property('code', 'too-many-outputs')
    })
  }
})
