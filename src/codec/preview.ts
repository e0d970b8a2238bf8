/** Values for people: short, one line, unlike for unlike values as far as they are shown. Programs get JSON instead. */
import { required, type TypeSpec } from '../record/type.ts'
import { dateText, timestampText } from './iso-time.ts'
import { nestedPreview } from './nested-preview.ts'

/** Characters of a text, and bytes, that are shown; then comes `…`. */
const maxCharacters = 60
const maxBytes = 16

/** The value as a person reads it: ISO dates and times in UTC, bytes in hexadecimal with their number, `null`. */
export function preview(type: TypeSpec, value: unknown): string {
  if (value === null || value === undefined) return 'null'
  const spec = required(type)
  switch (spec.kind) {
    case 'bool':
    case 'int8':
    case 'int16':
    case 'int32':
    case 'int64':
    case 'safeInt64':
      return `${value as boolean | number | bigint}`
    case 'float32':
    case 'float64':
      return Object.is(value, -0) ? '-0' : `${value as number}`
    case 'decimal':
      return value as string
    case 'struct':
    case 'list':
    case 'map':
      return nestedPreview(spec, value, preview)
    case 'string':
    case 'enum':
      return textPreview(value as string)
    case 'bytes':
      return bytesPreview(value as Uint8Array)
    case 'date':
      return dateText(value as number)
    case 'timestamp':
      return timestampText(value as number | bigint, spec.unit)
  }
}

/** As it is where it can be told apart from what else a cell may show; quoted and escaped where not. */
function textPreview(text: string): string {
  const start = [...text.slice(0, 2 * maxCharacters)].slice(0, maxCharacters).join('')
  const cut = start.length < text.length ? '…' : ''
  const isPlain = text !== '' && text !== 'null' && !/[\p{Cc}\p{Zl}\p{Zp}"]|^\s|\s$/u.test(start)
  return isPlain ? `${start}${cut}` : `${JSON.stringify(start)}${cut}`
}

function bytesPreview(bytes: Uint8Array): string {
  const shown = Buffer.from(bytes.subarray(0, maxBytes)).toString('hex')
  const cut = bytes.length > maxBytes ? '…' : ''
  return `0x${shown}${cut} (${bytes.length} ${bytes.length === 1 ? 'byte' : 'bytes'})`
}
