/**
 * A schema registry by its address (Confluent's and those that speak as it does), and its wire format: a zero byte, the
 * schema's id in four bytes, then the value. Schemas never change, so each is asked for once; one that is not there may come,
 * as registries of several nodes know a new one at different moments, and is asked for again after a while.
 */
import { systemClock } from '../../clock.ts'
import { hasCode, invalid, messageOf, unavailable, type HeadwaterError } from '../../errors.ts'
import { patiently } from '../../kafka/patience.ts'
import { BadPart, WaitFor, type FormatPatience } from './format.ts'

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
const timeoutMs = 10_000
/** How long an answer counts that there is no such schema. */
const absentMs = 10_000
const defaultPatience: FormatPatience = {
  clock: systemClock,
  unavailableAfterMs: 60_000,
  signal: new AbortController().signal,
}

/** What became of a schema; `untilMs`: when it is asked for again, on the monotonic clock. */
type Known<T> = { readonly compiled: T } | { readonly problem: string; readonly untilMs: number }

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
  readonly #patience: FormatPatience
  readonly #known = new Map<number, Known<T>>()
  readonly #loading = new Map<number, Promise<void>>()

  /** Errors: `invalid`, code `bad-registry`. */
  constructor(
    { url, username, password }: RegistryOptions,
    compile: (schema: RegisteredSchema, registry: SchemaRegistry<T>) => Promise<T>,
    patience: FormatPatience = defaultPatience,
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
    this.#patience = patience
  }

  /** What was made of a schema. Throws WaitFor until it is there, BadPart where there is none of that id. */
  get(id: number): T {
    const known = this.#known.get(id)
    if (known === undefined) throw new WaitFor(this.#loaded(id))
    if (!('problem' in known)) return known.compiled
    if (this.#patience.clock.monotonicMs() < known.untilMs) throw new BadPart(known.problem)
    this.#known.delete(id)
    throw new WaitFor(this.#loaded(id))
  }

  /** A schema that another one uses. */
  async referenced({ subject, version }: SchemaReference): Promise<RegisteredSchema> {
    const path = `/subjects/${encodeURIComponent(subject)}/versions/${version}`
    const found = await this.#ask(path)
    if (found === null)
      throw new BadPart(`schema ${subject} version ${version}, which the registry does not have`)
    return found
  }

  /** Asked for once, whoever waits. */
  #loaded(id: number): Promise<void> {
    const known = this.#loading.get(id)
    if (known !== undefined) return known
    const loading = this.#load(id).finally(() => this.#loading.delete(id))
    this.#loading.set(id, loading)
    return loading
  }

  async #load(id: number): Promise<void> {
    const schema = await this.#ask(`/schemas/ids/${id}`)
    if (schema === null) {
      const untilMs = this.#patience.clock.monotonicMs() + absentMs
      this.#known.set(id, { problem: `schema ${id}, which the registry does not have`, untilMs })
      return
    }
    try {
      this.#known.set(id, { compiled: await this.#compile(schema, this) })
    } catch (error) {
      if (hasCode(error, 'registry-unavailable', 'not-authorised')) throw error
      this.#known.set(id, { problem: messageOf(error), untilMs: Infinity })
    }
  }

  /** null where there is no such thing. Errors: `unavailable`, code `registry-unavailable`; `invalid`, `not-authorised`. */
  async #ask(path: string): Promise<RegisteredSchema | null> {
    return patiently(
      async () => {
        const { status, text } = await this.#fetch(this.#base + path)
        if (status === 404) return null
        if (status === 401 || status === 403) throw this.#refused(status)
        if (status !== 200) throw this.#noAnswer(`status ${status}`)
        try {
          return JSON.parse(text) as RegisteredSchema
        } catch (error) {
          throw this.#noAnswer(messageOf(error))
        }
      },
      { ...this.#patience, thing: 'asking for a schema' },
    )
  }

  async #fetch(address: string): Promise<{ readonly status: number; readonly text: string }> {
    const { clock, signal } = this.#patience
    const [late, done] = [new AbortController(), new AbortController()]
    void clock.sleep(timeoutMs, done.signal).then(() => done.signal.aborted || late.abort())
    try {
      const response = await fetch(address, {
        headers: this.#headers,
        signal: AbortSignal.any([late.signal, signal]),
      })
      return { status: response.status, text: await response.text() }
    } catch (error) {
      const found = error instanceof Error && error.cause !== undefined ? error.cause : error
      throw this.#noAnswer(late.signal.aborted ? `none within ${timeoutMs / 1000} s` : messageOf(found))
    } finally {
      done.abort()
    }
  }

  #noAnswer(found: string): HeadwaterError {
    return unavailable({
      code: 'registry-unavailable',
      thing: `schema registry ${this.#base}`,
      expected: 'an answer',
      found,
      remedy: 'check that it runs, and its address (schema.registry.url)',
    })
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
