/** Tests that run in parts side by side: their output is in order, and their counts are summed up. */
import { expect } from 'chai'
import { countsOf, totalOf } from '../tools/tests/counts.ts'
import { InOrder } from '../tools/tests/in-order.ts'

describe('parts of the tests', () => {
  it('print in their order, each as soon as it is its turn', () => {
    let printed = ''
    const output = new InOrder(3, text => (printed += text))
    output.print(1, 'b')
    output.print(0, 'a')
    expect(printed).to.equal('a')
    output.end(1)
    output.print(2, 'c')
    expect(printed).to.equal('a')
    output.print(0, 'A')
    output.end(0)
    expect(printed).to.equal('aAbc')
    output.print(2, 'C')
    output.end(2)
    expect(printed).to.equal('aAbcC')
  })

  const output = [
    '    ✔ 7 passing things are none',
    '  12 passing (3s)',
    '  2 pending',
    '  1 failing',
    '',
    '  1) it',
  ].join('\n')

  it('count what mocha said last, and nothing else', () => {
    expect(countsOf(output)).to.deep.equal({ passing: 12, pending: 2, failing: 1 })
    expect(countsOf('  3 passing (20ms)\n')).to.deep.equal({ passing: 3, pending: 0, failing: 0 })
    expect(countsOf('Error: does not load')).to.deep.equal({ passing: 0, pending: 0, failing: 0 })
  })

  it('are summed up in a form that is read the same way', () => {
    const { text, failing } = totalOf([countsOf(output), { passing: 5, pending: 0, failing: 2 }], 61_000)
    expect(failing).to.equal(3)
    expect(countsOf(text)).to.deep.equal({ passing: 17, pending: 2, failing: 3 })
  })
})
