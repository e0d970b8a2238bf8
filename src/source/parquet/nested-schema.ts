/**
 * Lists, maps and structs in Parquet's schema, the ways of older writers included.
 *
 * Published source: Apache Parquet, LogicalTypes.md, "Nested Types" and its rules for backward compatibility.
 */
import type { FileType } from './file-type.ts'
import type { SchemaElement } from './hyparquet.ts'

/** An element of the schema with those below it. */
export interface SchemaNode {
  readonly element: SchemaElement
  readonly children: readonly SchemaNode[]
}

/** The type of a column or of a part of one; `flat` gives that of a leaf. */
export function nestedType(node: SchemaNode, flat: (element: SchemaElement) => FileType): FileType {
  const inner = (child: SchemaNode): FileType => nestedType(child, flat)
  // A repeated element that no list or map is around stands for a list of its own.
  if (node.element.repetition_type === 'REPEATED') return { kind: 'list', of: inner(once(node)) }
  const { children } = node
  const [repeated] = children
  const annotation = annotationOf(node.element)
  if (annotation === 'LIST' && children.length === 1) {
    const item = itemOf(node, repeated!)
    return { kind: 'list', of: inner(item === repeated ? once(item) : item) }
  }
  if (annotation.startsWith('MAP') && children.length === 1 && repeated!.children.length === 2) {
    const [key, value] = repeated!.children as [SchemaNode, SchemaNode]
    return { kind: 'map', key: inner(key), value: inner(value) }
  }
  if (children.length === 0) return flat(node.element)
  if (annotation !== '') return { kind: 'other', name: annotation.toLowerCase() }
  return { kind: 'struct', fields: children.map(child => ({ name: child.element.name, type: inner(child) })) }
}

/** The node without its repetition. */
function once({ element, children }: SchemaNode): SchemaNode {
  return { element: { ...element, repetition_type: 'REQUIRED' }, children }
}

/** The element of a list: what is below the repeated group, or that group itself in files of older writers. */
function itemOf({ element }: SchemaNode, repeated: SchemaNode): SchemaNode {
  const { name } = repeated.element
  const isItem = repeated.children.length !== 1 || name === 'array' || name === `${element.name}_tuple`
  return isItem ? repeated : repeated.children[0]!
}

function annotationOf({ logical_type: logical, converted_type: converted }: SchemaElement): string {
  return String(logical?.type ?? converted ?? '')
}
