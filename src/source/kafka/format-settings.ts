/** What keys and values are, by settings: `value=avro`, `value.schema=payment.avsc`, `schema.registry.url=http://…`. */
import { readFileSync } from 'node:fs'
import { invalid, messageOf } from '../../errors.ts'
import type { KafkaProperties } from '../../kafka/properties.ts'
import { avro } from './avro.ts'
import { formats, type FormatName, type KafkaFormat } from './format.ts'
import { protobuf } from './protobuf.ts'
import type { RegistryOptions } from './schema-registry.ts'

/** The names that a setting may give. */
const names: readonly string[] = [...Object.keys(formats), 'avro', 'protobuf']

/** The format that settings give to keys or values; null where they say nothing. Errors: `invalid`, code `bad-kafka-config`. */
export function formatOf(
  settings: KafkaProperties,
  part: 'key' | 'value',
  thing: string,
): FormatName | KafkaFormat | null {
  const given = settings.get(part)
  if (given === undefined) return null
  if (Object.hasOwn(formats, given)) return given as FormatName
  if (!names.includes(given)) throw bad(`${thing}: ${part}`, names.join(', '), `'${given}'`)
  const path = settings.get(`${part}.schema`)
  const schema = path === undefined ? undefined : readSchema(path, `${thing}: ${part}.schema`)
  const registry = registryOf(settings)
  if (schema === undefined && registry === undefined) {
    throw bad(
      `${thing}: ${part}=${given}`,
      `${part}.schema=FILE, or schema.registry.url=http://HOST`,
      'neither',
    )
  }
  if (given === 'avro')
    return avro({ ...(schema !== undefined && { schema }), ...(registry && { registry }) })
  const message = settings.get(`${part}.message`)
  // A file says what the bare messages are; with a registry their header does.
  return protobuf(
    schema === undefined ? { registry: registry! } : { schema, ...(message !== undefined && { message }) },
  )
}

function registryOf(settings: KafkaProperties): RegistryOptions | undefined {
  const url = settings.get('schema.registry.url')
  if (url === undefined) return undefined
  const info = settings.get('basic.auth.user.info') ?? settings.get('schema.registry.basic.auth.user.info')
  if (info === undefined) return { url }
  const at = info.indexOf(':')
  return { url, username: info.slice(0, Math.max(0, at)), password: info.slice(at + 1) }
}

function readSchema(path: string, thing: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw bad(thing, 'a readable file', messageOf(error))
  }
}

function bad(thing: string, expected: string, found: string): Error {
  return invalid({ code: 'bad-kafka-config', thing, expected, found })
}
