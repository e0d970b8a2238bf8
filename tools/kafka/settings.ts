/** The settings of a broker of one node, as the text of its server.properties. */
import { join } from 'node:path'
import { certificateUser, keyFiles, keyPassword } from './keys.ts'

/** What a listener asks of a client. */
export type Listener = 'plaintext' | 'ssl' | 'saslPlaintext' | 'saslSsl'

/** Kafka's name of each listener, which is its protocol's too. */
export const protocols: Readonly<Record<Listener, string>> = {
  plaintext: 'PLAINTEXT',
  ssl: 'SSL',
  saslPlaintext: 'SASL_PLAINTEXT',
  saslSsl: 'SASL_SSL',
}

/** Name and password of each user, by PLAIN and by SCRAM alike. */
export const users = {
  /** May do everything, as who comes without a name. */
  admin: 'admin-secret',
  /** May do nothing until a test grants it something. */
  stranger: 'stranger-secret',
} as const

/** The ports of a broker. */
export type Ports = Readonly<Record<Listener | 'controller', number>>

/** Text of server.properties; `more` wins over what is here. `advertised`: where clients are sent instead, `host:port`. */
export function serverProperties(
  folder: string,
  ports: Ports,
  keys: string,
  more: Readonly<Record<string, string>>,
  advertised: Partial<Readonly<Record<Listener, string>>> = {},
): string {
  const names = Object.keys(protocols) as Listener[]
  const listeners = names.map(name => `${protocols[name]}://127.0.0.1:${ports[name]}`)
  const told = names.map((name, i) =>
    advertised[name] === undefined ? listeners[i] : `${protocols[name]}://${advertised[name]}`,
  )
  const settings: Record<string, string> = {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@127.0.0.1:${ports.controller}`,
    'controller.listener.names': 'CONTROLLER',
    listeners: [...listeners, `CONTROLLER://127.0.0.1:${ports.controller}`].join(','),
    'advertised.listeners': told.join(','),
    'inter.broker.listener.name': 'PLAINTEXT',
    'listener.security.protocol.map': [...Object.values(protocols), 'CONTROLLER']
      .map(name => `${name}:${name === 'CONTROLLER' ? 'PLAINTEXT' : name}`)
      .join(','),
    'log.dirs': join(folder, 'data'),
    ...oneNode,
    ...soon,
    ...security(keys),
    ...more,
  }
  return Object.entries(settings)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('')
}

const oneNode = {
  'default.replication.factor': '1',
  'offsets.topic.replication.factor': '1',
  'offsets.topic.num.partitions': '4',
  'transaction.state.log.replication.factor': '1',
  'transaction.state.log.min.isr': '1',
  'transaction.state.log.num.partitions': '4',
  'share.coordinator.state.topic.replication.factor': '1',
  'share.coordinator.state.topic.min.isr': '1',
  'auto.create.topics.enable': 'false',
}

// What Kafka does in its own time, soon: tests wait for it.
const soon = {
  'group.initial.rebalance.delay.ms': '0',
  'log.retention.ms': '-1',
  'log.retention.check.interval.ms': '500',
  'log.initial.task.delay.ms': '100',
  'log.cleaner.backoff.ms': '500',
  'log.cleaner.dedupe.buffer.size': '8388608',
  'transaction.abort.timed.out.transaction.cleanup.interval.ms': '500',
  // Where a machine stands still for long, no session is over and no topic without a leader.
  'broker.session.timeout.ms': '60000',
  'broker.heartbeat.interval.ms': '500',
}

/** A killed broker may come back when its old session is over: soon, then, for who kills it. */
export const shortSession: Readonly<Record<string, string>> = { 'broker.session.timeout.ms': '3000' }

function security(keys: string): Record<string, string> {
  const store = (kind: string, file: string): Record<string, string> => ({
    [`ssl.${kind}.type`]: 'PKCS12',
    [`ssl.${kind}.location`]: join(keys, file),
    [`ssl.${kind}.password`]: keyPassword,
  })
  const known = Object.entries(users).map(([user, password]) => `user_${user}="${password}"`)
  const plain = `org.apache.kafka.common.security.plain.PlainLoginModule required ${known.join(' ')};`
  const scram = 'org.apache.kafka.common.security.scram.ScramLoginModule required;'
  const logins = ['sasl_plaintext', 'sasl_ssl'].flatMap(listener => [
    [`listener.name.${listener}.plain.sasl.jaas.config`, plain],
    [`listener.name.${listener}.scram-sha-256.sasl.jaas.config`, scram],
    [`listener.name.${listener}.scram-sha-512.sasl.jaas.config`, scram],
  ])
  return {
    ...store('keystore', keyFiles.broker),
    ...store('truststore', keyFiles.trusted),
    'listener.name.ssl.ssl.client.auth': 'requested',
    'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
    ...Object.fromEntries(logins),
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'super.users': ['ANONYMOUS', 'admin', certificateUser].map(user => `User:${user}`).join(';'),
  }
}

/** Arguments of `StorageTool format` that create the users of SCRAM. */
export function scramArguments(): string[] {
  return Object.entries(users).flatMap(([user, password]) =>
    ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap(mechanism => [
      '--add-scram',
      `${mechanism}=[name=${user},password=${password}]`,
    ]),
  )
}
