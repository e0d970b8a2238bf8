/**
 * Settings as Kafka's users have them in files: `name=value` lines with the names of the Java client or of librdkafka
 * (kcat, `client.properties`). What decides how we connect is understood or refused; what is for other clients (acks,
 * group.id, linger.ms) is passed over.
 */
import { readFileSync } from 'node:fs'
import { invalid, messageOf } from '../errors.ts'
import type { KafkaClusterOptions, KafkaSasl, KafkaTls } from './kafka.ts'

/** Settings by name, each text as it was written. */
export type KafkaProperties = ReadonlyMap<string, string>

/** Reads such a file. Errors: `invalid`, code `bad-kafka-config`; they never show a value. */
export function readKafkaProperties(path: string): KafkaProperties {
  const lines = readText(path, path)
    .replaceAll(/\\\r?\n[ \t]*/g, '') // a line that goes on
    .split(/\r?\n/)
  const properties = new Map<string, string>()
  for (const [index, line] of lines.entries()) {
    const text = line.trim()
    if (text === '' || /^[#!]/.test(text)) continue
    const match = /^([\w.-]+)\s*[=:\s]\s*(.*)$/.exec(text)
    if (match === null) throw bad(`${path} line ${index + 1}`, 'name=value', 'something else')
    properties.set(match[1] as string, match[2] as string)
  }
  return properties
}

/** Whether a setting must not stand where others see it, such as a command line. */
export function isSecret(name: string): boolean {
  return /password|jaas|secret|user\.info|key\.pem|keystore\.key|token/.test(name)
}

/** Parameters of an address hold none. Errors: `invalid` `bad-log-address`. */
export function refuseSecrets(parameters: KafkaProperties): void {
  const secret = [...parameters.keys()].find(isSecret)
  if (secret === undefined) return
  throw invalid({
    code: 'bad-log-address',
    thing: `kafka: parameter ${secret}`,
    expected: 'no secrets in an address, which others can see',
    remedy: 'put it into a file of name=value lines: --kafka-config FILE',
  })
}

/** How to connect, from settings; without brokers where none are named. `thing`: where they come from, for messages. */
export function clusterOptions(properties: KafkaProperties, thing: string): Partial<KafkaClusterOptions> {
  const settings = new Settings(properties, thing)
  const protocol = (settings.text('security.protocol') ?? 'PLAINTEXT').toUpperCase()
  if (!['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'].includes(protocol)) {
    throw bad(`${thing}: security.protocol`, 'PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL', protocol)
  }
  const brokers = settings.text('bootstrap.servers', 'metadata.broker.list')
  const clientId = settings.text('client.id')
  const connectTimeoutMs = settings.number('socket.connection.setup.timeout.ms')
  const requestTimeoutMs = settings.number('request.timeout.ms', 'socket.timeout.ms')
  const isolation = settings.text('isolation.level') ?? 'read_committed'
  if (isolation !== 'read_committed')
    throw bad(`${thing}: isolation.level`, 'read_committed, always', isolation)
  const options = {
    ...(brokers !== null && { brokers }),
    ...(clientId !== null && { clientId }),
    ...(connectTimeoutMs !== null && { connectTimeoutMs }),
    ...(requestTimeoutMs !== null && { requestTimeoutMs }),
    ...(protocol.endsWith('SSL') && { tls: tlsOf(settings) }),
    ...(protocol.startsWith('SASL') && { sasl: saslOf(settings) }),
  }
  settings.refuseOthers(protocol)
  return options
}

function tlsOf(settings: Settings): KafkaTls {
  settings.refuseStores()
  const ca = settings.pem(
    ['ssl.ca.pem', 'ssl.truststore.certificates'],
    ['ssl.ca.location', 'ssl.truststore.location'],
  )
  const cert = settings.pem(
    ['ssl.certificate.pem', 'ssl.keystore.certificate.chain'],
    ['ssl.certificate.location', 'ssl.keystore.location'],
  )
  const key = settings.pem(['ssl.key.pem', 'ssl.keystore.key'], ['ssl.key.location', 'ssl.keystore.location'])
  const passphrase = settings.text('ssl.key.password', 'ssl.keystore.password')
  const checkName = settings.text('ssl.endpoint.identification.algorithm')
  const verify = settings.text('enable.ssl.certificate.verification')
  return {
    ...(ca !== null && { ca }),
    ...(cert !== null && { cert }),
    ...(key !== null && { key }),
    ...(passphrase !== null && { passphrase }),
    ...(checkName !== null && checkName.toLowerCase() !== 'https' && { checkName: false }),
    ...(verify !== null && { rejectUnauthorized: verify !== 'false' }),
  }
}

const mechanisms = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const

function saslOf(settings: Settings): KafkaSasl {
  const { thing } = settings
  const given = settings.text('sasl.mechanism', 'sasl.mechanisms')
  const mechanism = mechanisms.find(each => each === given)
  if (mechanism === undefined)
    throw bad(`${thing}: sasl.mechanism`, mechanisms.join(', '), given ?? 'nothing')
  const jaas = settings.text('sasl.jaas.config')
  const username = settings.text('sasl.username') ?? jaasValue(jaas, 'username')
  const password = settings.text('sasl.password') ?? jaasValue(jaas, 'password')
  if (username === null)
    throw bad(`${thing}: sasl.username`, 'a user (or sasl.jaas.config with one)', 'nothing')
  if (password === null)
    throw bad(`${thing}: sasl.password`, 'a password (or sasl.jaas.config with one)', 'nothing')
  return { mechanism, username, password }
}

/** `…LoginModule required username="ann" password="…";` */
function jaasValue(jaas: string | null, name: string): string | null {
  const match = new RegExp(`\\b${name}\\s*=\\s*(?:"((?:[^"\\\\]|\\\\.)*)"|([^\\s;]+))`).exec(jaas ?? '')
  return match === null ? null : (match[1]?.replaceAll(/\\(.)/g, '$1') ?? match[2] ?? null)
}

/** Settings that remember which of them were asked for. */
class Settings {
  readonly thing: string
  readonly #properties: KafkaProperties
  readonly #known = new Set<string>()

  constructor(properties: KafkaProperties, thing: string) {
    this.#properties = properties
    this.thing = thing
  }

  /** The first of these names that is set; null where none is. */
  text(...names: readonly string[]): string | null {
    for (const name of names) this.#known.add(name)
    const name = names.find(each => this.#properties.has(each))
    return name === undefined ? null : (this.#properties.get(name) as string)
  }

  number(...names: readonly string[]): number | null {
    const text = this.text(...names)
    if (text === null) return null
    if (/^\d+$/.test(text)) return Number(text)
    throw bad(`${this.thing}: ${names[0]}`, 'a whole number', `'${text}'`)
  }

  /** PEM texts, as they are or from a file. */
  pem(texts: readonly string[], files: readonly string[]): string | null {
    const text = this.text(...texts)
    if (text !== null) return text.replaceAll('\\n', '\n')
    const path = this.text(...files)
    return path === null ? null : readText(path, this.thing)
  }

  /** Java's own key stores. */
  refuseStores(): void {
    for (const store of ['truststore', 'keystore']) {
      const type = this.text(`ssl.${store}.type`)
      const location = this.text(`ssl.${store}.location`)
      if (location === null || type?.toUpperCase() === 'PEM') continue
      const remedy = 'export it to PEM: keytool -exportcert -rfc, openssl pkcs12 -in STORE -out FILE.pem'
      throw bad(`${this.thing}: ssl.${store}.type`, 'PEM', type ?? 'JKS, the default', remedy)
    }
  }

  /** What would change how we connect, and is not known, must not be passed over. */
  refuseOthers(protocol: string): void {
    const used = [
      'security.',
      ...(protocol.endsWith('SSL') ? ['ssl.'] : []),
      ...(protocol.startsWith('SASL') ? ['sasl.'] : []),
    ]
    for (const name of this.#properties.keys()) {
      const matters = used.some(prefix => name.startsWith(prefix))
      if (!matters || this.#known.has(name) || harmless.test(name)) continue
      throw bad(`${this.thing}: ${name}`, 'a setting that is known here', 'one that is not', 'leave it out')
    }
  }
}

/** Settings of encryption and login that change nothing for us. */
const harmless =
  /^(security\.providers$|sasl\.(login\.|kerberos\.|oauthbearer\.)|ssl\.(protocol$|provider$|truststore\.password$|secure\.random|keymanager|trustmanager))/

function readText(path: string, thing: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw bad(thing, `a readable file ${path}`, messageOf(error))
  }
}

function bad(thing: string, expected: string, found: string, remedy?: string): Error {
  return invalid({
    code: 'bad-kafka-config',
    thing,
    expected,
    found,
    ...(remedy !== undefined && { remedy }),
  })
}
