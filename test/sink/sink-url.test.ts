import { expect } from 'chai'
import { openSink } from '../../src/sink/sink-url.ts'

describe('sink address', () => {
  it('ndjson:FILE is a file', () => {
    expect(openSink('ndjson:out/totals.ndjson').name).to.equal('ndjson:out/totals.ndjson')
  })

  it('ndjson:DIR/ is a folder of parts', () => {
    expect(openSink('ndjson:out/totals/')).to.include({
      name: 'ndjson:out/totals/',
      guarantee: 'exactly-once',
    })
  })

  for (const [address, code] of [
    ['totals.ndjson', 'unknown-sink-scheme'],
    ['kafka:totals', 'unknown-sink-scheme'],
    ['', 'unknown-sink-scheme'],
    ['ndjson:', 'bad-sink-address'],
  ] as const) {
    it(`refuses '${address}' and says what there is`, () => {
      expect(() => openSink(address))
        .to.throw(/ndjson:FILE/)
        .with.include({ kind: 'invalid', code })
    })
  }
})
