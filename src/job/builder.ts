/**
 * `job(name)`: the chain of job.ts at run time. Each object holds the draft so far and makes the next object. The types
 * are those of job.ts alone; here everything is checked instead, for callers in plain JavaScript too.
 */
import { invalid } from '../errors.ts'
import type { AnyOperator, OperatorSpec } from '../operator/operator.ts'
import { checkedName } from '../record/name.ts'
import { refuseUnknownOptions } from '../record/options.ts'
import type { Schema } from '../record/record.ts'
import { shown } from '../record/value.ts'
import type { Source } from '../source/source.ts'
import type { StateDeclarations } from '../state/state.ts'
import { jobBrand, jobFormat, type JobMark } from './brand.ts'
import {
  graphOfDraft,
  merged,
  withOperator,
  withSink,
  withSource,
  type Draft,
  type KeyedStream,
} from './draft.ts'
import type { JobGraph } from './graph.ts'
import type { Job, JobOptions, JobStart } from './job.ts'
import { checkedKeyGroups, checkedOperator, checkedSource } from './rules.ts'
import { filtered, inputsFrom, keyedBy, mapped, together, type StreamInputs } from './stream-inputs.ts'

type Code = (record: never) => unknown
type AnySpec = OperatorSpec<never, never, StateDeclarations, Schema | undefined>

/**
 * Begins a job: `job('retail').from(purchases).keyBy('customer').apply('spend', { … }).to('totals')`.
 * Whatever is wrong with it is refused in the call that says it: `invalid`, with a code a rule.
 */
export function job(name: string, options: JobOptions = {}): JobStart {
  const thing = `job ${checkedName(name, 'job')}`
  refuseUnknownOptions(options, ['keyGroups'], thing)
  const keyGroups = checkedKeyGroups(options.keyGroups, thing)
  return new Beginning({ name, keyGroups, sources: [], stages: [] }) as unknown as JobStart
}

class Beginning {
  readonly #draft: Draft

  constructor(draft: Draft) {
    this.#draft = draft
  }

  from(source: Source): OpenStream {
    return streamFrom(this.#draft, source)
  }
}

function streamFrom(draft: Draft, source: Source): OpenStream {
  const { name, schema } = checkedSource(source, `job ${draft.name}: from`)
  return new OpenStream(withSource(draft, source), inputsFrom({ source: name }, schema))
}

class OpenStream {
  readonly #draft: Draft
  readonly #inputs: StreamInputs

  constructor(draft: Draft, inputs: StreamInputs) {
    this.#draft = draft
    this.#inputs = inputs
  }

  filter(keep: Code): OpenStream {
    return this.#with(filtered(this.#inputs, keep, this.#place('filter')))
  }

  map(schema: Schema, map: Code): OpenStream {
    return this.#with(mapped(this.#inputs, 'map', schema, map, this.#place('map')))
  }

  flatMap(schema: Schema, map: Code): OpenStream {
    return this.#with(mapped(this.#inputs, 'flatMap', schema, map, this.#place('flatMap')))
  }

  union(other: unknown): OpenStream {
    const place = this.#place('union')
    const stream = Operated.is(other) ? other.emitted('union') : other
    if (!OpenStream.is(stream)) {
      throw invalid({
        code: 'bad-union',
        thing: place,
        expected: 'another stream of this job',
        found: shown(other),
      })
    }
    const draft = merged(this.#draft, stream.#draft)
    return new OpenStream(draft, together(this.#inputs, stream.#inputs, place))
  }

  keyBy(...args: readonly unknown[]): KeyedBuilder {
    const words = args.map(arg => (typeof arg === 'string' ? `'${arg}'` : '…')).join(', ')
    return new KeyedBuilder(this.#draft, keyedBy(this.#inputs, args, this.#place(`keyBy(${words})`)))
  }

  static is(value: unknown): value is OpenStream {
    return typeof value === 'object' && value !== null && #inputs in value
  }

  #with(inputs: StreamInputs): OpenStream {
    return new OpenStream(this.#draft, inputs)
  }

  #place(method: string): string {
    return `job ${this.#draft.name}: ${method}`
  }
}

class KeyedBuilder {
  readonly #draft: Draft
  readonly #stream: KeyedStream

  constructor(draft: Draft, stream: KeyedStream) {
    this.#draft = draft
    this.#stream = stream
  }

  apply(uid: string, spec: AnySpec): Operated {
    return applied(this.#draft, this.#stream, uid, spec)
  }
}

function applied(draft: Draft, stream: KeyedStream, uid: string, spec: AnySpec): Operated {
  const operator = checkedOperator(uid, spec, stream.key, draft.name)
  return new Operated(withOperator(draft, stream, operator), stream, operator)
}

/** A whole job, that may go on behind or beside its last operator. */
class Operated {
  readonly name: string
  readonly sources: readonly string[]
  readonly sinks: readonly string[]
  readonly #draft: Draft
  readonly #stream: KeyedStream
  readonly #operator: AnyOperator
  readonly #graph: JobGraph

  constructor(draft: Draft, stream: KeyedStream, operator: AnyOperator) {
    this.#draft = draft
    this.#stream = stream
    this.#operator = operator
    this.#graph = graphOfDraft(draft)
    this.name = draft.name
    this.sources = this.#graph.sources.map(source => source.name)
    this.sinks = [...this.#graph.sinks]
  }

  get [jobBrand](): JobMark {
    return { format: jobFormat, graph: this.#graph }
  }

  apply(uid: string, spec: AnySpec): Operated {
    return applied(this.#draft, this.#stream, uid, spec)
  }

  to(sink: string): Operated {
    checkedName(sink, `job ${this.name}: to`)
    return new Operated(withSink(this.#draft, this.#operator, sink), this.#stream, this.#operator)
  }

  from(source: Source): OpenStream {
    return streamFrom(this.#draft, source)
  }

  and(other: Job): Operated {
    if (Operated.is(other))
      return new Operated(merged(this.#draft, other.#draft), this.#stream, this.#operator)
    const expected = 'another job with the same beginning'
    throw invalid({ code: 'different-job', thing: `job ${this.name}: and`, expected, found: shown(other) })
  }

  filter(keep: Code): OpenStream {
    return this.emitted('filter').filter(keep)
  }

  map(schema: Schema, map: Code): OpenStream {
    return this.emitted('map').map(schema, map)
  }

  flatMap(schema: Schema, map: Code): OpenStream {
    return this.emitted('flatMap').flatMap(schema, map)
  }

  union(other: unknown): OpenStream {
    return this.emitted('union').union(other)
  }

  keyBy(...args: readonly unknown[]): KeyedBuilder {
    return this.emitted('keyBy').keyBy(...args)
  }

  /** What the operator emits, as a stream; `invalid`, code `no-emits`, when it has no schema. */
  emitted(method: string): OpenStream {
    const { uid, emits } = this.#operator
    if (emits !== null) return new OpenStream(this.#draft, inputsFrom({ operator: uid }, emits))
    throw invalid({
      code: 'no-emits',
      thing: `job ${this.name}: operator ${uid}: ${method}`,
      expected: 'an operator that declares the schema of what it emits',
      found: 'none',
      remedy: `add emits: { … } to ${uid}, or end in .to(…)`,
    })
  }

  static is(value: unknown): value is Operated {
    return typeof value === 'object' && value !== null && #operator in value
  }
}
