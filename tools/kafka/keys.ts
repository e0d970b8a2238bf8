/** Keys for TLS: the broker's, which is its own authority, and a client's that the broker trusts. For tests only. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Of every store. */
export const keyPassword = 'headwater'

/** What the broker calls who shows the client's certificate; it may do everything. */
export const certificateUser = 'CN=client'

/** Files that `makeKeys` makes, by what they are for. */
export const keyFiles = {
  /** The broker's key. PKCS#12. */
  broker: 'broker.p12',
  /** Whose certificates the broker takes. PKCS#12. */
  trusted: 'trusted.p12',
  /** The broker's certificate, which clients take as authority. PEM. */
  authority: 'authority.pem',
  /** The same for the Java client. PKCS#12. */
  javaAuthority: 'authority.p12',
  /** The client's certificate and key. PEM. */
  clientCertificate: 'client.pem',
  clientKey: 'client.key',
} as const

type Run = (command: string, args: readonly string[]) => string

/** Fills the folder; `classes` has the compiled PemKey. */
export function makeKeys(folder: string, run: Run, classes: string): void {
  const keytool = (...args: readonly string[]): string => run('keytool', ['-storepass', keyPassword, ...args])
  const pair = (store: string, alias: string, ...more: readonly string[]): void => {
    const kind = ['-keyalg', 'EC', '-groupname', 'secp256r1', '-validity', '3650', '-storetype', 'PKCS12']
    keytool('-genkeypair', ...kind, '-keystore', store, '-alias', alias, '-dname', `CN=${alias}`, ...more)
  }
  const trust = (certificate: string, store: string): void => {
    const into = ['-file', certificate, '-keystore', store, '-storetype', 'PKCS12']
    keytool('-importcert', '-noprompt', '-alias', 'trusted', ...into)
  }
  const { broker, trusted, authority, javaAuthority, clientCertificate, clientKey } = keyFiles
  const client = 'client.p12'
  pair(broker, 'broker', '-ext', 'san=dns:localhost,ip:127.0.0.1', '-ext', 'bc=ca:true')
  pair(client, 'client')
  keytool('-exportcert', '-rfc', '-alias', 'broker', '-keystore', broker, '-file', authority)
  keytool('-exportcert', '-rfc', '-alias', 'client', '-keystore', client, '-file', clientCertificate)
  trust(authority, javaAuthority)
  trust(clientCertificate, trusted)
  writeFileSync(
    join(folder, clientKey),
    run('java', ['-cp', classes, 'PemKey', client, 'client', keyPassword]),
  )
}
