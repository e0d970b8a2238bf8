/** Nested values for people: `{name: Ada, tags: [a, b]}`, cut where a line would get long. */
import { required, type NestedSpec, type TypeSpec } from '../record/type.ts'

/** After so many characters no further part is shown. */
const enough = 60

/** `[1, 2, … 40 in all]`, `{a: 1, b: null}`, `{x → 1, y → 2}`; `inner` shows the parts. */
export function nestedPreview(
  spec: NestedSpec,
  value: unknown,
  inner: (type: TypeSpec, value: unknown) => string,
): string {
  switch (spec.kind) {
    case 'list': {
      const items = value as readonly unknown[]
      return `[${joined(items, items.length, item => inner(spec.of, item))}]`
    }
    case 'map': {
      const map = value as ReadonlyMap<unknown, unknown>
      const shown = ([key, item]: readonly [unknown, unknown]): string =>
        `${inner(spec.key, key)} → ${inner(spec.value, item)}`
      return `{${joined(map, map.size, shown)}}`
    }
    case 'struct': {
      const record = value as Readonly<Record<string, unknown>>
      return `{${joined(spec.fields, spec.fields.length, ({ name, type }) => `${name}: ${cut(inner(type, record[name]), required(type))}`)}}`
    }
  }
}

/** Inner texts are cut already; what is nested may be long by its depth. */
function cut(text: string, { kind }: TypeSpec): string {
  const isNested = kind === 'list' || kind === 'map' || kind === 'struct'
  return isNested && text.length > 2 * enough ? `${text.slice(0, 2 * enough)}…` : text
}

function joined<T>(items: Iterable<T>, count: number, shown: (item: T) => string): string {
  let text = ''
  let done = 0
  for (const item of items) {
    if (text.length >= enough) return `${text}, … ${count} in all`
    text += `${done++ === 0 ? '' : ', '}${shown(item)}`
  }
  return text
}
