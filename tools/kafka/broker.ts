/**
 * A real Kafka broker (KRaft, one node) of a test's own, to be stopped, killed, frozen and started again.
 *
 *   const broker = await startBroker({ settings: shortSession }) // since it is killed
 *   await broker.admin.createTopic('purchases', 4)
 *   … read from broker.addresses.plaintext …
 *   await broker.kill(); await broker.restart()
 *   await broker.stop()
 *
 * Most tests share the broker of `npm run test:kafka` instead: test/kafka/support/shared-broker.ts.
 *
 * Who owns what: prepared.ts jars, classes and keys, made once · keys.ts TLS · settings.ts server.properties and users ·
 * broker-process.ts the process · admin.ts topics, producers and the judge, by java/.
 *
 * I1. A broker ends with who started it: its input is our pipe, and it ends when that does.
 * I2. Ports and data stay the same from start to `stop`, through every kill and restart.
 */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startAdmin } from './admin.ts'
import type { ClientSettings, KafkaAdmin } from './admin.ts'
import { untilStopped } from '../until-stopped.ts'
import { formatData, startProcess } from './broker-process.ts'
import type { BrokerProcess, JavaSetup } from './broker-process.ts'
import { keyFiles, keyPassword } from './keys.ts'
import { prepared } from './prepared.ts'
import { protocols, serverProperties, users } from './settings.ts'
import type { Listener, Ports } from './settings.ts'

export { whyNoBroker } from './prepared.ts'
export { shortSession, users } from './settings.ts'
export type { Listener } from './settings.ts'

/** PEM files for TLS. */
export interface TlsFiles {
  /** What clients trust. */
  readonly authority: string
  /** A certificate that the SSL listener takes, though it asks for none; its user may do everything. */
  readonly clientCertificate: string
  readonly clientKey: string
}

/** Whom to connect as, and to which listener. */
export interface JavaLogin {
  readonly listener: Listener
  readonly user?: keyof typeof users
  /** Default: the user's. */
  readonly password?: string
  /** Default `PLAIN`. */
  readonly mechanism?: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512'
}

/** Where a broker is, to be handed to another process (as JSON) which may `joinBroker`. */
export interface BrokerPlace {
  /** `127.0.0.1:port` of each listener. */
  readonly addresses: Readonly<Record<Listener, string>>
  readonly clusterId: string
  /** Its data, server.properties and logs. */
  readonly folder: string
}

/** A broker as a client has it. */
export interface BrokerAccess extends BrokerPlace {
  readonly tls: TlsFiles
  /** The Java client, by the plaintext listener. It lives through kills and restarts of the broker. */
  readonly admin: KafkaAdmin
  /** Settings that let the Java client in as that user. */
  javaClient(login: JavaLogin): ClientSettings
}

/** A broker of one's own. It is running when a call that starts it is over. */
export interface Broker extends BrokerAccess {
  /** Of its process; null while it is not running. */
  readonly pid: number | null
  /** Ends it in order (SIGTERM); data stay. */
  shutdown(): Promise<void>
  /** Ends it at once (SIGKILL); data stay. */
  kill(): Promise<void>
  /** Starts it again after `shutdown` or `kill`; longer after `kill`, whose session must lapse first: see `shortSession`. */
  restart(): Promise<void>
  /** Stops it where it is (SIGSTOP): connections stay open and nothing answers. Resolves when that is so. */
  freeze(): Promise<void>
  /** Lets it go on (SIGCONT). */
  thaw(): void
  /** Ends it for good, and its folder. */
  stop(): Promise<void>
}

/** How to start a broker. */
export interface BrokerOptions {
  /** More settings of server.properties; they win. */
  readonly settings?: Readonly<Record<string, string>>
  /** Levels of the cluster's features, by name, as an older cluster has them; default: the newest. */
  readonly features?: Readonly<Record<string, number>>
  /** Of the broker's Java. Default `512m`. */
  readonly heap?: string
  /** Where clients of a listener are sent, `host:port`, instead of to the broker itself: a proxy between them. */
  readonly advertised?: Partial<Readonly<Record<Listener, string>>>
}

/** Starts a new and empty one on free ports: about 4 s. Fails where `whyNoBroker` says why. */
export async function startBroker(options: BrokerOptions = {}): Promise<Broker> {
  const { classPath, keys, log4j } = prepared()
  const java = { classPath, log4j, heap: options.heap ?? '512m' }
  const folder = mkdtempSync(join(tmpdir(), 'headwater-kafka-'))
  try {
    const [ports, clusterId] = [await freePorts(), newId()]
    const properties = serverProperties(folder, ports, keys, options.settings ?? {}, options.advertised)
    writeFileSync(join(folder, 'server.properties'), properties)
    formatData(java, folder, clusterId, options.features ?? {})
    const first = await startProcess(java, folder)
    return brokerOf(java, joinBroker({ addresses: addressesOf(ports), clusterId, folder }), first)
  } catch (error) {
    rmSync(folder, { recursive: true, force: true })
    throw error
  }
}

/** Access to a broker that another process started; with a Java client of our own. */
export function joinBroker(place: BrokerPlace): BrokerAccess {
  const { keys } = prepared()
  return {
    ...place,
    tls: {
      authority: join(keys, keyFiles.authority),
      clientCertificate: join(keys, keyFiles.clientCertificate),
      clientKey: join(keys, keyFiles.clientKey),
    },
    admin: startAdmin(place.addresses.plaintext, place.folder),
    javaClient: login => javaClient(place.addresses, keys, login),
  }
}

function brokerOf(java: JavaSetup, access: BrokerAccess, first: BrokerProcess): Broker {
  let running: BrokerProcess | null = first
  const end = async (signal: 'SIGTERM' | 'SIGKILL'): Promise<void> => {
    const ending = running
    running = null
    await ending?.end(signal)
  }
  return {
    ...access,
    get pid() {
      return running?.pid ?? null
    },
    shutdown: async () => await end('SIGTERM'),
    kill: async () => await end('SIGKILL'),
    restart: async () => {
      if (running !== null) throw new Error('the broker is running')
      running = await startProcess(java, access.folder)
    },
    freeze: async () => {
      running?.signal('SIGSTOP')
      if (running !== null) await untilStopped(running.pid)
    },
    thaw: () => running?.signal('SIGCONT'),
    stop: async () => {
      await Promise.all([end('SIGKILL'), access.admin.close()])
      rmSync(access.folder, { recursive: true, force: true })
    },
  }
}

function javaClient(
  addresses: Readonly<Record<Listener, string>>,
  keys: string,
  { listener, user, password, mechanism = 'PLAIN' }: JavaLogin,
): ClientSettings {
  const module = mechanism === 'PLAIN' ? 'plain.PlainLoginModule' : 'scram.ScramLoginModule'
  const secret = password ?? (user === undefined ? '' : users[user])
  const jaas = `org.apache.kafka.common.security.${module} required username="${user}" password="${secret}";`
  const sasl = { 'sasl.mechanism': mechanism, 'sasl.jaas.config': jaas }
  const tls = {
    'ssl.truststore.type': 'PKCS12',
    'ssl.truststore.location': join(keys, keyFiles.javaAuthority),
    'ssl.truststore.password': keyPassword,
  }
  return {
    'bootstrap.servers': addresses[listener],
    'security.protocol': protocols[listener],
    ...(user === undefined ? {} : sasl),
    ...(listener === 'ssl' || listener === 'saslSsl' ? tls : {}),
  }
}

function addressesOf(ports: Ports): Readonly<Record<Listener, string>> {
  const at = (listener: Listener): string => `127.0.0.1:${ports[listener]}`
  return {
    plaintext: at('plaintext'),
    ssl: at('ssl'),
    saslPlaintext: at('saslPlaintext'),
    saslSsl: at('saslSsl'),
  }
}

/** As Kafka writes its ids: 16 bytes in base64url, none beginning with a dash, which would look like an option. */
function newId(): string {
  const id = randomBytes(16).toString('base64url')
  return id.startsWith('-') ? newId() : id
}

/** Ports that nobody has at the moment, all taken at once so that they differ. */
async function freePorts(): Promise<Ports> {
  const names = ['plaintext', 'ssl', 'saslPlaintext', 'saslSsl', 'controller'] as const
  const servers = names.map(() => createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map(server => new Promise(resolve => server.once('listening', resolve))))
  const entries = servers.map((server, i) => [names[i], (server.address() as AddressInfo).port])
  await Promise.all(servers.map(server => new Promise(resolve => server.close(resolve))))
  return Object.fromEntries(entries) as Ports
}
