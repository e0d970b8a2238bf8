/**
 * Protobuf keys and values, in the JSON forms that sources take: 64-bit numbers that JavaScript does not hold exactly as
 * text, bytes in base64, enums by name. The only importer of protobufjs, which is optional.
 */
import type * as protobufjs from 'protobufjs'
import { invalid, messageOf, notInstalled } from '../../errors.ts'
import { BadPart, type KafkaFormat, type PartReader } from './format.ts'
import {
  framedValue,
  SchemaRegistry,
  type RegisteredSchema,
  type RegistryOptions,
} from './schema-registry.ts'

/** Which message the values are. */
export interface ProtobufOptions {
  /** The text of a .proto file. Alone: the values are bare messages of it. */
  readonly schema?: string
  /** The message's full name, `shop.Payment`; the schema's first message where it is left out. */
  readonly message?: string
  /** Where the schemas of the wire format's ids are; then the header names the message. */
  readonly registry?: string | RegistryOptions
}

/**
 * Values in Protobuf's binary form: bare, of one message, or in the wire format of a schema registry. Fields keep the names
 * of the schema; absent ones have their default, or are null where they are optional or messages. Errors: `invalid`,
 * codes `no-protobufjs`, `bad-schema`, `bad-registry`.
 */
export function protobuf({ schema, message, registry }: ProtobufOptions): KafkaFormat {
  if ((schema === undefined) === (registry === undefined)) {
    const found = schema === undefined ? 'neither' : 'both'
    throw invalid({ code: 'bad-schema', thing: 'protobuf', expected: 'a schema or a registry', found })
  }
  return {
    name: 'Protobuf',
    open: async (_needs, patience) => {
      const library = await load()
      if (registry === undefined) return bareReader(library, schema as string, message)
      const options = typeof registry === 'string' ? { url: registry } : registry
      const schemas = new SchemaRegistry<MessageByPath>(
        options,
        async (registered, asked) => messagesOf(await parsedWithReferences(library, registered, asked)),
        patience,
      )
      return (bytes, start, end) => {
        const value = framedValue(bytes, start, end)
        const messageOf = schemas.get(value.id)
        const path = messagePath(bytes, value.start, end)
        return messageOf(path.indexes)(bytes, path.end, end)
      }
    },
  }
}

/** By its indexes, from the file's messages down. */
type MessageByPath = (indexes: readonly number[]) => PartReader

function bareReader(library: typeof protobufjs, schema: string, name: string | undefined): PartReader {
  const refuse = (found: string): Error =>
    invalid({ code: 'bad-schema', thing: 'protobuf', expected: `the message ${name ?? ''}`.trim(), found })
  try {
    const file = parsed(library, schema, [])
    const type = name === undefined ? file.messages[0] : file.root.lookupType(name)
    if (type === undefined) throw refuse('no message in the schema')
    return reader(type)
  } catch (error) {
    throw refuse(messageOf(error))
  }
}

interface ParsedFile {
  readonly root: protobufjs.Root
  /** Those of the file itself, in its order. */
  readonly messages: readonly protobufjs.Type[]
}

/** `imports`: the texts of files that it imports, beside those that every Protobuf knows. */
function parsed(
  { parse, Root, common }: typeof protobufjs,
  text: string,
  imports: readonly (readonly [name: string, text: string])[],
): ParsedFile {
  const root = new Root()
  const texts = new Map(imports)
  const before = new Set<string>()
  const add = (source: string, filename: string): protobufjs.IParserResult => {
    ;(parse as unknown as { filename: string | null }).filename = filename
    const result = parse(source, root, { keepCase: true })
    for (const name of result.imports ?? []) {
      if (before.has(name)) continue
      before.add(name)
      const known = common.get(name)
      const imported = texts.get(name)
      if (imported !== undefined) add(imported, name)
      else if (known?.nested) root.addJSON(known.nested)
      else throw new Error(`an import of ${name}, which is not there`)
    }
    return result
  }
  const own = ''
  const { package: name } = add(text, own)
  root.resolveAll()
  const file = name === undefined ? root : (root.lookup(name) as protobufjs.Namespace)
  // A registry counts the messages of the file alone, in its order; imports may be of the same package.
  return { root, messages: typesIn(file).filter(({ filename }) => filename === own) }
}

async function parsedWithReferences(
  library: typeof protobufjs,
  { schema, schemaType, references = [] }: RegisteredSchema,
  registry: SchemaRegistry<MessageByPath>,
): Promise<ParsedFile> {
  if (schemaType !== 'PROTOBUF') throw new Error(`a schema of type ${schemaType ?? 'AVRO'}`)
  const texts: [string, string][] = []
  const collect = async (list: RegisteredSchema['references']): Promise<void> => {
    for (const reference of list ?? []) {
      const used = await registry.referenced(reference)
      texts.push([reference.name, used.schema])
      await collect(used.references)
    }
  }
  await collect(references)
  return parsed(library, schema, texts)
}

function messagesOf({ messages }: ParsedFile): MessageByPath {
  const known = new Map<string, PartReader>()
  return indexes => {
    const name = indexes.join()
    let found = known.get(name)
    if (found === undefined) {
      let [type] = [messages[indexes[0] as number]]
      for (const index of indexes.slice(1)) type = typesIn(type)[index]
      if (type === undefined) throw new BadPart(`message [${name}], which the schema does not have`)
      known.set(name, (found = reader(type)))
    }
    return found
  }
}

function typesIn(parent: protobufjs.NamespaceBase | undefined): protobufjs.Type[] {
  return (parent?.nestedArray ?? []).filter((each): each is protobufjs.Type => 'fieldsArray' in each)
}

/** Behind the header: how many indexes, and each; one zero stands for the first message. */
function messagePath(bytes: Buffer, start: number, end: number): { indexes: readonly number[]; end: number } {
  let at = start
  const next = (): number => {
    let [value, shift] = [0, 0]
    for (;;) {
      const byte = at < end ? bytes[at++]! : 0x80
      if (at >= end && byte >= 0x80) throw new BadPart('a header that is cut off')
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return (value >>> 1) ^ -(value & 1)
      shift += 7
    }
  }
  const count = next()
  if (count < 0 || count > 64) throw new BadPart(`a header with ${count} message indexes`)
  const indexes = count === 0 ? [0] : Array.from({ length: count }, next)
  return { indexes, end: at }
}

function reader(type: protobufjs.Type): PartReader {
  const exact = exactLongs(type)
  return (bytes, start, end) => {
    const message = type.decode(bytes.subarray(start, end))
    const value = type.toObject(message, {
      longs: String,
      enums: String,
      bytes: String,
      defaults: true,
      arrays: true,
    })
    return exact(value)
  }
}

const longs = new Set(['int64', 'uint64', 'sint64', 'fixed64', 'sfixed64'])
type Fields = Record<string, unknown>

/** Makes numbers of the texts of 64-bit fields, where JavaScript holds them exactly. */
function exactLongs(
  type: protobufjs.Type,
  known = new Map<protobufjs.Type, (value: Fields) => Fields>(),
): (value: Fields) => Fields {
  const found = known.get(type)
  if (found !== undefined) return found
  const changes: ((value: Fields) => void)[] = []
  const convert = (value: Fields): Fields => {
    for (const change of changes) change(value)
    return value
  }
  known.set(type, convert)
  for (const field of type.fieldsArray) {
    const { name, resolvedType } = field
    const inner =
      resolvedType !== null && 'fieldsArray' in resolvedType ? exactLongs(resolvedType, known) : null
    const each = longs.has(field.type) ? exactLong : inner
    if (each === null) continue
    changes.push(value => {
      const part = value[name]
      if (part === null || part === undefined) return
      value[name] = mapped(part, field, each as (part: unknown) => unknown)
    })
  }
  return convert
}

function mapped(part: unknown, field: protobufjs.Field, each: (part: unknown) => unknown): unknown {
  if (field.map)
    return Object.fromEntries(Object.entries(part as Fields).map(([key, item]) => [key, each(item)]))
  return field.repeated ? (part as unknown[]).map(each) : each(part)
}

function exactLong(text: unknown): unknown {
  const number = Number(text)
  return Number.isSafeInteger(number) ? number : text
}

async function load(): Promise<typeof protobufjs> {
  try {
    const loaded = await import('protobufjs')
    return (loaded as unknown as { readonly default?: typeof protobufjs }).default ?? loaded
  } catch (cause) {
    throw notInstalled('no-protobufjs', 'Protobuf', 'protobufjs', cause)
  }
}
