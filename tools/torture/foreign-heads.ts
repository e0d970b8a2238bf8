/** What may stand in an Arrow file before the first block instead of its schema: true, but another; or a lie about lengths. */
import {
  Dictionary,
  Int32,
  RecordBatchStreamWriter,
  tableFromArrays,
  Utf8,
  vectorFromArray,
  Table,
} from 'apache-arrow'

type Head = (head: Uint8Array, rest: Uint8Array) => Uint8Array

const magic = Buffer.from('ARROW1\0\0', 'latin1')
const bytes = (...parts: (Uint8Array | readonly number[])[]): Uint8Array =>
  Buffer.concat(
    parts.map(part => (part instanceof Uint8Array ? part : Buffer.from(Int32Array.from(part).buffer))),
  )

function stream(table: Table): Uint8Array {
  return RecordBatchStreamWriter.writeAll(table).toUint8Array(true)
}

/** A schema with a dictionary, the dictionary itself, and a batch of numbers in it. */
function dictionaries(): Uint8Array {
  const words = vectorFromArray(['a', 'b', 'a', 'c'], new Dictionary(new Utf8(), new Int32()))
  return bytes(magic, stream(new Table({ words })))
}

export const foreignHeads: readonly (readonly [name: string, make: Head])[] = [
  ['dictionaries', dictionaries],
  ['dictionaries without the end', () => dictionaries().subarray(0, -8)],
  ['other columns', () => bytes(magic, stream(tableFromArrays({ a: [1, 2], b: ['x', 'y'] })))],
  ['blocks twice', (head, rest) => bytes(head, rest)],
  ['nothing', () => magic],
  ['an end of stream', () => bytes(magic, [-1, 0])],
  ['many ends of stream', head => bytes(head, new Array<number>(2000).fill(0), [-1, 0])],
  ['a length beyond the file', head => bytes(head, [-1, 0x7ffffff8])],
  ['a negative length', head => bytes(head, [-1, -8, 0, 0])],
  ['lengths without a mark', head => bytes(magic, head.subarray(12))],
  ['a schema after the schema', head => bytes(head, head.subarray(8))],
  ['much of nothing', head => bytes(head, new Uint8Array(4_000_000))],
  ['much of everything', head => bytes(head, new Uint8Array(4_000_000).fill(255))],
]
