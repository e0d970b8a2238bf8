/** From the flat list of schema elements in a footer to top-level columns with their types. */
import { isDecimal } from '../../record/type-check.ts'
import type { FileType, IntBits } from './file-type.ts'
import type { LogicalType, SchemaElement } from './hyparquet.ts'
import { nestedType, type SchemaNode } from './nested-schema.ts'

/** A top-level column of a file. */
export interface FileColumn {
  readonly name: string
  readonly type: FileType
  /** Its number among the leaves, which chunks go by; null for a nested column. */
  readonly leaf: number | null
  /** All its leaves: first, and end (exclusive). */
  readonly leaves: readonly [first: number, end: number]
}

/** Splits the schema: the columns below the root, and the path of every leaf. Throws where the tree is broken. */
export function topLevelColumns(elements: readonly SchemaElement[]): {
  columns: FileColumn[]
  leafPaths: string[]
} {
  const columns: FileColumn[] = []
  const leafPaths: string[] = []
  let next = 1
  const nodeAt = (path: string, depth: number): SchemaNode => {
    const element = elements[next++]
    if (element?.name === undefined) throw new Error('a schema that ends early')
    if (depth > maxDepth) throw new Error(`a schema of more than ${maxDepth} levels`)
    const own = path === '' ? element.name : `${path}.${element.name}`
    if (!element.num_children) {
      if (element.type === undefined) throw new Error(`column ${own} has no type`)
      leafPaths.push(own)
    }
    const children: SchemaNode[] = []
    for (let child = 0; child < (element.num_children ?? 0); child++) children.push(nodeAt(own, depth + 1))
    return { element, children }
  }
  for (let child = 0; child < (elements[0]?.num_children ?? 0); child++) {
    const firstLeaf = leafPaths.length
    const node = nodeAt('', 0)
    const { element } = node
    const flat = !element.num_children && element.repetition_type !== 'REPEATED'
    const leaves = [firstLeaf, leafPaths.length] as const
    columns.push({ name: element.name, type: nodeType(node), leaf: flat ? firstLeaf : null, leaves })
  }
  if (next !== elements.length) throw new Error('a schema with elements outside its tree')
  return { columns, leafPaths }
}

/** Each nested type of Arrow takes three levels of Parquet at most. */
const maxDepth = 3 * 64

function nodeType(node: SchemaNode): FileType {
  return nestedType(node, typeOf)
}

function typeOf(element: SchemaElement): FileType {
  switch (element.type) {
    case 'BOOLEAN':
      return { kind: 'bool' }
    case 'INT32':
    case 'INT64':
      return intType(element, element.type === 'INT32' ? 32 : 64)
    case 'INT96':
      return { kind: 'int96' }
    case 'FLOAT':
      return { kind: 'float', bits: 32 }
    case 'DOUBLE':
      return { kind: 'float', bits: 64 }
    case 'BYTE_ARRAY':
      return textType(element) ?? { kind: 'bytes' }
    case 'FIXED_LEN_BYTE_ARRAY':
      if (element.logical_type?.type === 'FLOAT16') return { kind: 'float', bits: 16 }
      return otherType(element) ?? { kind: 'fixed', bytes: element.type_length ?? 0 }
    default:
      throw new Error(`column ${element.name} has no known type`)
  }
}

/** Numbers on 32 or 64 bits: whole ones of any width, dates, timestamps; older files have converted types only. */
function intType(element: SchemaElement, bits: 32 | 64): FileType {
  const logical: LogicalType | undefined = element.logical_type
  if (logical?.type === 'INTEGER') {
    return { kind: 'int', bits: intBits(logical.bitWidth), signed: logical.isSigned }
  }
  if (logical?.type === 'TIMESTAMP') return { kind: 'timestamp', unit: unitNames[logical.unit] }
  const converted = element.converted_type ?? ''
  const width = /^(U?)INT_(\d+)$/.exec(converted)
  if (width) return { kind: 'int', bits: intBits(Number(width[2])), signed: width[1] === '' }
  if (logical?.type === 'DATE' || converted === 'DATE') return { kind: 'date' }
  if (converted === 'TIMESTAMP_MILLIS') return { kind: 'timestamp', unit: 'ms' }
  if (converted === 'TIMESTAMP_MICROS') return { kind: 'timestamp', unit: 'us' }
  return otherType(element) ?? { kind: 'int', bits, signed: true }
}

const unitNames = { MILLIS: 'ms', MICROS: 'us', NANOS: 'ns' } as const

function intBits(width: number): IntBits {
  if (width === 8 || width === 16 || width === 32 || width === 64) return width
  throw new Error(`an integer of ${width} bits`)
}

const textKinds = ['STRING', 'ENUM', 'JSON', 'UTF8']

function textType(element: SchemaElement): FileType | null {
  const names = [element.logical_type?.type, element.converted_type]
  if (names.some(name => name !== undefined && textKinds.includes(name))) return { kind: 'string' }
  return otherType(element)
}

/** Annotations that make a number or bytes mean something that no schema type is. */
function otherType(element: SchemaElement): FileType | null {
  const { precision, scale, converted_type: converted } = element
  const logical = element.logical_type
  if (logical?.type === 'DECIMAL') return decimal(logical.precision, logical.scale)
  if (converted === 'DECIMAL') return decimal(precision ?? 0, scale ?? 0)
  if (logical?.type === 'TIME' || converted?.startsWith('TIME_')) return other('time of day')
  if (logical?.type === 'INTERVAL' || converted === 'INTERVAL') return other('interval')
  if (logical?.type === 'NULL') return other('null')
  return null
}

function decimal(precision: number, scale: number): FileType {
  const isKnown = isDecimal(precision, scale)
  return isKnown ? { kind: 'decimal', precision, scale } : other(`decimal(${precision},${scale})`)
}

function other(name: string): FileType {
  return { kind: 'other', name }
}
