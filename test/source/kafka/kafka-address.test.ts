/** Topics by address and settings file: what is understood, what is refused, and that secrets stay secret. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { HeadwaterError } from '../../../src/errors.ts'
import { brokersOf, topicAddress } from '../../../src/kafka/address.ts'
import { clusterOptions, readKafkaProperties } from '../../../src/kafka/properties.ts'
import { kafkaAt } from '../../../src/source/kafka/kafka-address.ts'
import { tempFolders } from '../../temp-folder.ts'

function refused(action: () => unknown, code: string): string {
  try {
    action()
  } catch (error) {
    if (!(error instanceof HeadwaterError)) throw error
    expect(`${error.kind} ${error.code}`).to.equal(`invalid ${code}`)
    return error.message
  }
  throw new Error(`expected ${code}, but nothing failed`)
}

describe('addresses and settings of topics', () => {
  const folders = tempFolders()

  function file(text: string): string {
    const path = join(folders(), 'client.properties')
    writeFileSync(path, text)
    return path
  }

  const options = (text: string): unknown =>
    clusterOptions(readKafkaProperties(file(text)), 'client.properties')

  it('brokers with and without ports, in lists and texts', () => {
    expect(brokersOf('a:1, b ,[::1]:3')).to.deep.equal([
      { host: 'a', port: 1 },
      { host: 'b', port: 9092 },
      { host: '::1', port: 3 },
    ])
    expect(brokersOf(['10.0.0.1:9093'])).to.deep.equal([{ host: '10.0.0.1', port: 9093 }])
    for (const wrong of ['', ',', 'a:0', 'a:99999', 'a:b', 'http://a', 'a b']) {
      refused(() => brokersOf(wrong), 'bad-brokers')
    }
  })

  it('an address with its parameters', () => {
    const address = topicAddress('kafka://a:1,b:2/shop.payments?value=string&security.protocol=SSL')
    expect(address).to.include({ brokers: 'a:1,b:2', topic: 'shop.payments' })
    expect(Object.fromEntries(address.parameters)).to.deep.equal({
      value: 'string',
      'security.protocol': 'SSL',
    })
    for (const wrong of [
      'kafka://a:1',
      'kafka:///t',
      'kafka://a:1/..',
      'kafka://a:1/a/b',
      'kafka://a:1/a%20b',
    ]) {
      refused(() => topicAddress(wrong), 'bad-log-address')
    }
  })

  it('secrets are not taken from an address, and not repeated', () => {
    const inUrl = refused(() => kafkaAt('kafka://ann:hunter2@a:1/t'), 'bad-log-address')
    const asParameter = refused(() => kafkaAt('kafka://a:1/t?sasl.password=hunter2'), 'bad-log-address')
    expect(inUrl + asParameter).to.not.contain('hunter2')
    expect(asParameter).to.contain('sasl.password').and.contain('--kafka-config')
  })

  it('settings of the Java client', () => {
    const [ca, cert] = [file('AUTHORITY'), file('CERTIFICATE')]
    const text = [
      'bootstrap.servers=a:1,b:2',
      'security.protocol=SASL_SSL',
      '! a comment',
      'sasl.mechanism: SCRAM-SHA-256',
      'sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required \\',
      '    username="ann" password="a \\"quoted\\" secret";',
      'ssl.truststore.type=PEM',
      `ssl.truststore.location=${ca}`,
      'ssl.keystore.type=PEM',
      `ssl.keystore.location=${cert}`,
      'ssl.key.password=open',
      'ssl.endpoint.identification.algorithm=',
      'client.id=shop',
      'request.timeout.ms=1234',
      'group.id=mine',
      'auto.offset.reset=earliest',
      'compression.type=zstd',
    ].join('\n')
    expect(options(text)).to.deep.equal({
      brokers: 'a:1,b:2',
      clientId: 'shop',
      requestTimeoutMs: 1234,
      tls: { ca: 'AUTHORITY', cert: 'CERTIFICATE', key: 'CERTIFICATE', passphrase: 'open', checkName: false },
      sasl: { mechanism: 'SCRAM-SHA-256', username: 'ann', password: 'a "quoted" secret' },
    })
  })

  it('settings of librdkafka', () => {
    const ca = file('AUTHORITY')
    const text = `metadata.broker.list=a\nsecurity.protocol=sasl_ssl\nsasl.mechanisms=PLAIN\nsasl.username=ann\nsasl.password=p=w\nssl.ca.location=${ca}\nenable.ssl.certificate.verification=false\n`
    expect(options(text)).to.deep.equal({
      brokers: 'a',
      tls: { ca: 'AUTHORITY', rejectUnauthorized: false },
      sasl: { mechanism: 'PLAIN', username: 'ann', password: 'p=w' },
    })
  })

  for (const [what, text, says] of [
    ['an unknown protocol', 'security.protocol=TLS', 'SASL_SSL'],
    ['a protocol by a wrong name', 'security.protcol=SSL', 'security.protcol'],
    ['Java key stores', 'security.protocol=SSL\nssl.truststore.location=x.jks', 'keytool'],
    ['a mechanism that is not there', 'security.protocol=SASL_SSL\nsasl.mechanism=GSSAPI', 'SCRAM-SHA-512'],
    [
      'a user without a password',
      'security.protocol=SASL_SSL\nsasl.mechanism=PLAIN\nsasl.username=a',
      'sasl.password',
    ],
    [
      'what changes encryption and is not known',
      'security.protocol=SSL\nssl.cipher.suites=X',
      'ssl.cipher.suites',
    ],
    ['uncommitted reads', 'isolation.level=read_uncommitted', 'read_committed'],
    ['a time that is none', 'request.timeout.ms=soon', 'a whole number'],
    ['a line that is none', 'security.protocol', 'line 1'],
  ] as const) {
    it(`refuses ${what}`, () => {
      expect(refused(() => options(text), 'bad-kafka-config')).to.contain(says)
    })
  }

  it('refuses Fetches that bring nothing: of no bytes, of more than brokers can count, that wait until they time out', () => {
    for (const settings of [
      'fetch.max.bytes=0',
      'fetch.max.bytes=2147483648',
      'fetch.max.wait.ms=30000',
      'request.timeout.ms=500&fetch.max.wait.ms=500',
      'request.timeout.ms=0',
    ]) {
      refused(() => kafkaAt(`kafka://a:1/t?${settings}`), 'bad-option')
    }
    kafkaAt('kafka://a:1/t?fetch.max.bytes=1&request.timeout.ms=1')
  })

  it('says what keys and values are', () => {
    const schema = file('{"type":"string"}')
    for (const parameters of [
      'value=bytes&key=json',
      `value=avro&value.schema=${encodeURIComponent(schema)}`,
      'value=avro&schema.registry.url=http://r:8081',
      'value=protobuf&schema.registry.url=http://r:8081',
    ]) {
      expect(() => kafkaAt(`kafka://a:1/t?${parameters}`)).to.not.throw()
    }
    expect(refused(() => kafkaAt('kafka://a:1/t?vaule=string'), 'bad-kafka-config')).to.contain('vaule')
    expect(refused(() => kafkaAt('kafka://a:1/t?value=xml'), 'bad-kafka-config')).to.contain('json, string')
    expect(refused(() => kafkaAt('kafka://a:1/t?value=avro'), 'bad-kafka-config')).to.contain(
      'value.schema=FILE',
    )
    refused(() => kafkaAt('kafka://a:1/t', { config: '/no/such/file' }), 'bad-kafka-config')
  })
})
