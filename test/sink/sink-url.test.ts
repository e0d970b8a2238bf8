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

  it('kafka://HOST:PORT/TOPIC is a topic, by transactions unless it says otherwise', () => {
    const exact = openSink('kafka://a:1,b/totals?key=user&pointers=commits')
    expect(exact).to.include({ name: 'kafka://a:1,b:9092/totals', guarantee: 'exactly-once' })
    expect(exact.transactions?.address).to.equal('kafka://a:1,b:9092')
    const plain = openSink('kafka://a/totals?guarantee=at-least-once')
    expect([plain.guarantee, plain.transactions]).to.deep.equal(['at-least-once', undefined])
  })

  for (const [address, code] of [
    ['kafka://a/b/c', 'bad-log-address'],
    ['kafka://a/totals?sasl.password=x', 'bad-log-address'],
    ['kafka://a/totals?nothing=x', 'bad-kafka-config'],
    ['kafka://a/totals?guarantee=once', 'bad-kafka-config'],
    ['kafka://a/totals?partitioner=random', 'bad-kafka-config'],
    ['kafka://a/totals?compression.type=zip', 'bad-option'],
    ['kafka://a/totals?transaction.timeout.ms=10', 'bad-option'],
    ['kafka://a/totals?batch.size=0', 'bad-option'],
  ] as const) {
    it(`refuses '${address}'`, () => {
      expect(() => openSink(address))
        .to.throw()
        .with.include({ kind: 'invalid', code })
    })
  }

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
