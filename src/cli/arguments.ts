/** The words of a command line by name, as the parser found them; what they mean is found out by whoever asks. */
import type { Command } from './cli.ts'
import { UsageError } from './usage-error.ts'

/** What the parser gives: texts, lists of texts, flags. */
export type ParsedOptions = Readonly<Record<string, unknown>>

/** The words given to one command. */
export class Arguments {
  readonly #command: Command
  readonly #positionals: readonly string[]
  readonly #options: ParsedOptions

  /** Throws a usage error for missing and superfluous positionals, and for options that are given twice. */
  constructor(command: Command, positionals: readonly string[], options: ParsedOptions) {
    this.#command = command
    this.#positionals = positionals
    this.#options = options
    const missing = command.positionals[positionals.length]
    if (missing !== undefined && missing.optional !== true && missing.many !== true)
      throw this.#missing(missing.name, missing.text)
    const extra = positionals[command.positionals.length]
    if (extra !== undefined && command.positionals.at(-1)?.many !== true) throw this.#superfluous(extra)
    for (const name of Object.keys(command.options)) this.#list(name)
  }

  /** As they were given, for another thread to make the same of. */
  get given(): { readonly positionals: readonly string[]; readonly options: ParsedOptions } {
    return { positionals: this.#positionals, options: this.#options }
  }

  /** The command's name. */
  get command(): string {
    return this.#command.name
  }

  /** A positional argument. */
  word(name: string): string {
    const word = this.optionalWord(name)
    if (word === null) throw new Error(`${this.#command.name} declares no required ${name}`)
    return word
  }

  /** A positional argument that may be left out; null then. */
  optionalWord(name: string): string | null {
    return this.#positionals[this.#command.positionals.findIndex(each => each.name === name)] ?? null
  }

  /** The words of the last positional, which may be given several times. */
  words(name: string): readonly string[] {
    return this.#positionals.slice(this.#command.positionals.findIndex(each => each.name === name))
  }

  flag(name: string): boolean {
    return this.#options[name] === true
  }

  /** Null when it was not given. */
  text(name: string): string | null {
    return this.#list(name)[0] ?? null
  }

  requiredText(name: string): string {
    return this.requiredList(name)[0]
  }

  /** Empty when it was not given. */
  list(name: string): readonly string[] {
    return this.#list(name)
  }

  requiredList(name: string): readonly [string, ...string[]] {
    const [first, ...more] = this.#list(name)
    if (first !== undefined) return [first, ...more]
    const { value = '', text } = this.#command.options[name] ?? { text: name }
    throw this.#missing(`--${name} ${value}`, text)
  }

  /** What another meaning of the words gives, in the form of an error. */
  wrong(thing: string, expected: string, found: string): UsageError {
    return new UsageError({ thing, expected, found, remedy: this.#seeHelp() })
  }

  #list(name: string): readonly string[] {
    const given = this.#options[name]
    if (given === undefined || typeof given === 'boolean') return []
    const texts = (Array.isArray(given) ? given : [given]).map(String)
    if (texts.some(text => text === ''))
      throw this.wrong(`--${name}`, this.#command.options[name]?.value ?? 'a value', 'nothing')
    if (texts.length > 1 && this.#command.options[name]?.many !== true) {
      throw this.wrong(`--${name}`, 'it once', `it ${texts.length} times`)
    }
    return texts
  }

  /** Most often the shell has turned a pattern into several words. */
  #superfluous(word: string): UsageError {
    const patterns = Object.values(this.#command.options).some(({ value }) => value?.includes('PATTERN'))
    const remedy = `${patterns ? 'quote patterns, so that the shell leaves them alone; ' : ''}${this.#seeHelp()}`
    return new UsageError({ thing: `argument '${word}'`, expected: 'nothing more', found: 'it', remedy })
  }

  #missing(name: string, text: string): UsageError {
    return new UsageError({ thing: name.trim(), expected: text, found: 'nothing', remedy: this.#seeHelp() })
  }

  #seeHelp(): string {
    return `see headwater ${this.#command.name} --help`
  }
}
