/**
 * Avro keys and values, in the JSON forms that sources take: 64-bit numbers that JavaScript does not hold exactly as text,
 * bytes in base64, dates as YYYY-MM-DD, instants as ISO 8601 text, decimals as text. The only importer of avsc, which is optional.
 */
import type * as avsc from 'avsc'
import { invalid, messageOf, notInstalled } from '../../errors.ts'
import { exactLong, logicalTypesOf, underlying } from './avro-logical-types.ts'
import type { KafkaFormat, PartReader } from './format.ts'
import {
  framedValue,
  SchemaRegistry,
  type RegisteredSchema,
  type RegistryOptions,
} from './schema-registry.ts'

/** The package's types, for what is beside this. */
export type { avsc }

/** Which schema the values have. */
export interface AvroOptions {
  /** An Avro schema, as JSON text or data. Alone: that of the bare values. With a registry: what is read of them (the reader's schema). */
  readonly schema?: string | object
  /** Where the schemas of the wire format's ids are. */
  readonly registry?: string | RegistryOptions
}

/**
 * Values in Avro's binary form: bare, of one schema, or in the wire format of a schema registry. Errors: `invalid`, codes
 * `no-avsc`, `bad-schema`, `bad-registry`.
 */
export function avro({ schema, registry }: AvroOptions): KafkaFormat {
  if (schema === undefined && registry === undefined) {
    throw invalid({
      code: 'bad-schema',
      thing: 'avro',
      expected: 'a schema, or a registry',
      found: 'neither',
    })
  }
  return {
    name: 'Avro',
    open: async (_needs, patience) => {
      const compile = compiler(await load())
      const own = schema === undefined ? null : compile(schemaData(schema))
      if (registry === undefined) return reader(own as Compiled, null)
      const options = typeof registry === 'string' ? { url: registry } : registry
      const writers = new SchemaRegistry<PartReader>(
        options,
        async (registered, asked) => {
          const written = compile(await withReferences(registered, asked))
          return own === null ? reader(written, null) : reader(own, own.type.createResolver(written.type))
        },
        patience,
      )
      return (bytes, start, end) => {
        const value = framedValue(bytes, start, end)
        return writers.get(value.id)(bytes, value.start, end)
      }
    },
  }
}

type Resolver = ReturnType<avsc.Type['createResolver']>

interface Compiled {
  readonly type: avsc.Type
  /** Whether values may have bytes in them, or wrapped branches of unions. */
  readonly plain: boolean
}

type Compile = (schema: object | string) => Compiled

function compiler({ Type, types }: typeof avsc): Compile {
  const long = types.LongType.__with({
    fromBuffer: (bytes: Buffer) => exactLong(bytes.readBigInt64LE(0)),
    toBuffer: (value: number | string) => {
      const bytes = Buffer.alloc(8)
      bytes.writeBigInt64LE(BigInt(value))
      return bytes
    },
    fromJSON: (value: unknown) => value,
    toJSON: (value: unknown) => value,
    isValid: (value: unknown) => typeof value === 'number' || typeof value === 'string',
    compare: (a: number | string, b: number | string) => Number(BigInt(a) - BigInt(b)),
  })
  const logicalTypes = logicalTypesOf(types)
  /** A long by its name is found in the registry; one with more to it (`{"type": "long", …}`) is not. */
  const typeHook = (schema: unknown): avsc.Type | undefined => {
    const { type, logicalType, [underlying]: isBelow } = Object(schema) as Readonly<Record<string, unknown>>
    const isLogical = isBelow !== true && Object.hasOwn(logicalTypes, String(logicalType))
    return type === 'long' && !isLogical ? long : undefined
  }
  return schema => {
    try {
      // One registry a schema: names of one must not be met in another.
      const registry = { long } as never
      const type = Type.forSchema(schema as avsc.Schema, { registry, logicalTypes, typeHook })
      return { type, plain: !/"(bytes|fixed)"|\[/.test(JSON.stringify(schema)) }
    } catch (error) {
      throw invalid({
        code: 'bad-schema',
        thing: 'avro',
        expected: 'an Avro schema',
        found: messageOf(error),
      })
    }
  }
}

function reader({ type, plain }: Compiled, resolver: Resolver | null): PartReader {
  return (bytes, start, end) => {
    const part = bytes.subarray(start, end)
    const value: unknown = resolver === null ? type.fromBuffer(part) : type.fromBuffer(part, resolver)
    return plain ? value : jsonForm(value)
  }
}

/** Bytes as base64; a branch of a union that only its name tells apart, as what is in it. */
function jsonForm(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (Array.isArray(value)) return value.map(jsonForm)
  const branch = (value as { readonly unwrap?: unknown }).unwrap
  if (typeof branch === 'function') return jsonForm(branch.call(value))
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, jsonForm(part)]))
}

/** A schema may use names that other schemas of the registry define: they stand before it, in a union's order. */
async function withReferences(
  { schema, schemaType = 'AVRO', references = [] }: RegisteredSchema,
  registry: SchemaRegistry<PartReader>,
): Promise<object | string> {
  if (schemaType !== 'AVRO') throw new Error(`a schema of type ${schemaType}`)
  const own = schemaData(schema)
  if (references.length === 0) return own
  const used = new Map<string, object | string>()
  for (const reference of references) {
    used.set(reference.name, await withReferences(await registry.referenced(reference), registry))
  }
  return inlined(own, used) as object
}

/** Puts each definition where its name is first used. */
function inlined(schema: unknown, definitions: Map<string, unknown>): unknown {
  if (typeof schema === 'string') {
    const definition = definitions.get(schema)
    if (definition === undefined) return schema
    definitions.delete(schema)
    return inlined(definition, definitions)
  }
  if (Array.isArray(schema)) return schema.map(each => inlined(each, definitions))
  if (typeof schema !== 'object' || schema === null) return schema
  const parts = Object.entries(schema).map(([name, part]): [string, unknown] => {
    const holdsType = ['type', 'items', 'values'].includes(name)
    if (name === 'fields') return [name, (part as unknown[]).map(field => inlined(field, definitions))]
    return [name, holdsType ? inlined(part, definitions) : part]
  })
  return Object.fromEntries(parts)
}

function schemaData(schema: string | object): object | string {
  if (typeof schema !== 'string') return schema
  try {
    return JSON.parse(schema) as object | string
  } catch (error) {
    throw invalid({
      code: 'bad-schema',
      thing: 'avro',
      expected: 'a schema as JSON',
      found: messageOf(error),
    })
  }
}

async function load(): Promise<typeof avsc> {
  try {
    const loaded = await import('avsc')
    return (loaded as unknown as { readonly default?: typeof avsc }).default ?? loaded
  } catch (cause) {
    throw notInstalled('no-avsc', 'Avro', 'avsc', cause)
  }
}
