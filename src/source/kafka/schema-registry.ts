/**
 * A schema registry by its address (Confluent's and those that speak as it does), and its wire format: a zero byte, the
 * schema's id in four bytes, then the value. Schemas never change, so each is asked for once.
 */
import { systemClock } from '../../clock.ts'
import { HeadwaterError, invalid, messageOf, unavailable } from '../../errors.ts'
import { BadPart, WaitFor } from './format.ts'

/** Where a registry is. */
export interface RegistryOptions {
  readonly url: string
  readonly username?: string
  readonly password?: string
}

/** What a registry says of a schema. */
export interface RegisteredSchema {
  readonly schema: string
  /** `AVRO` where it does not say. */
  readonly schemaType?: string
  readonly references?: readonly SchemaReference[]
}

/** Another schema that one uses under a name. */
export interface SchemaReference {
  readonly name: string
  readonly subject: string
  readonly version: number
}

/** The value behind the header of the wire format. */
export interface FramedValue {
  readonly id: number
  /** Where it begins. */
  readonly start: number
}

const headerBytes = 5
const [tries, firstPauseMs, timeoutMs] = [5, 200, 10_000]

/** Reads the header. Throws BadPart where there is none. */
export function framedValue(bytes: Buffer, start: number, end: number): FramedValue {
  if (end - start < headerBytes || bytes[start] !== 0) {
    throw new BadPart('a value without the header of a schema registry: a zero byte and a schema id')
  }
  return { id: bytes.readInt32BE(start + 1), start: start + headerBytes }
}

/** Asks a registry, and remembers what `compile` made of each schema. */
export class SchemaRegistry<T> {
  readonly #base: string
  readonly #headers: Readonly<Record<string, string>>
  readonly #compile: (schema: RegisteredSchema, registry: SchemaRegistry<T>) => Promise<T>
  readonly #known = new Map<number, { readonly compiled: T } | { readonly problem: string }>()

  /** Errors: `invalid`, code `bad-registry`. */
  constructor(
    { url, username, password }: RegistryOptions,
    compile: (schema: RegisteredSchema, registry: SchemaRegistry<T>) => Promise<T>,
  ) {
    if (!/^https?:\/\/[^@]+$/.test(url)) {
      const remedy = 'user and password have options of their own (basic.auth.user.info in a file)'
      const expected = 'an address like http://localhost:8081'
      throw invalid({
        code: 'bad-registry',
        thing: 'schema registry',
        expected,
        found: 'another text',
        remedy,
      })
    }
    this.#base = url.replace(/\/+$/, '')
    const login = Buffer.from(`${username ?? ''}:${password ?? ''}`).toString('base64')
    this.#headers = {
      accept: 'application/vnd.schemaregistry.v1+json, application/json',
      ...(username !== undefined && { authorization: `Basic ${login}` }),
    }
    this.#compile = compile
  }

  /** What was made of a schema. Throws WaitFor until it is there, BadPart where there is none of that id. */
  get(id: number): T {
    const known = this.#known.get(id)
    if (known === undefined) throw new WaitFor(this.#load(id))
    if ('problem' in known) throw new BadPart(known.problem)
    return known.compiled
  }

  /** A schema that another one uses. */
  async referenced({ subject, version }: SchemaReference): Promise<RegisteredSchema> {
    const path = `/subjects/${encodeURIComponent(subject)}/versions/${version}`
    const found = await this.#ask(path)
    if (found === null)
      throw new BadPart(`schema ${subject} version ${version}, which the registry does not have`)
    return found
  }

  async #load(id: number): Promise<void> {
    const schema = await this.#ask(`/schemas/ids/${id}`)
    try {
      if (schema === null) throw new BadPart(`schema ${id}, which the registry does not have`)
      this.#known.set(id, { compiled: await this.#compile(schema, this) })
    } catch (error) {
      if (error instanceof HeadwaterError) throw error
      this.#known.set(id, { problem: messageOf(error) })
    }
  }

  /** null where there is no such thing. Errors: `unavailable`, code `registry-unavailable`; `invalid`, `not-authorised`. */
  async #ask(path: string): Promise<RegisteredSchema | null> {
    let problem = ''
    for (let attempt = 0; attempt < tries; attempt++) {
      if (attempt > 0) await systemClock.sleep(firstPauseMs * 2 ** (attempt - 1))
      try {
        const { status, text } = await this.#fetch(this.#base + path)
        if (status === 404) return null
        if (status === 401 || status === 403) throw this.#refused(status)
        if (status === 200) return JSON.parse(text) as RegisteredSchema
        problem = `status ${status}`
      } catch (error) {
        if (error instanceof HeadwaterError) throw error
        problem = messageOf(error instanceof Error && error.cause !== undefined ? error.cause : error)
      }
    }
    throw unavailable({
      code: 'registry-unavailable',
      thing: `schema registry ${this.#base}`,
      expected: 'an answer',
      found: `none in ${tries} tries: ${problem}`,
    })
  }

  async #fetch(address: string): Promise<{ readonly status: number; readonly text: string }> {
    const [late, done] = [new AbortController(), new AbortController()]
    void systemClock.sleep(timeoutMs, done.signal).then(() => done.signal.aborted || late.abort())
    try {
      const response = await fetch(address, { headers: this.#headers, signal: late.signal })
      return { status: response.status, text: await response.text() }
    } finally {
      done.abort()
    }
  }

  #refused(status: number): HeadwaterError {
    return invalid({
      code: 'not-authorised',
      thing: `schema registry ${this.#base}`,
      expected: 'a user that may read schemas',
      found: `status ${status}`,
      remedy: 'check basic.auth.user.info',
    })
  }
}
