/** Test help: the fields that a Parquet file would have as a schema of ours, from its footer; what is not read left out. */
import { open } from 'node:fs/promises'
import type { Field } from '../../../src/record/record.ts'
import { isMapKey } from '../../../src/record/type-check.ts'
import type { RequiredSpec } from '../../../src/record/type.ts'
import type { FileType } from '../../../src/source/parquet/file-type.ts'
import { readFooterBytes } from '../../../src/source/parquet/file-mark.ts'
import { parseFooter } from '../../../src/source/parquet/footer.ts'
import type { Footer } from '../../../src/source/parquet/footer.ts'

export async function footerOf(path: string): Promise<Footer> {
  const file = await open(path)
  try {
    const { size } = await file.stat()
    return parseFooter(await readFooterBytes(file, size, path), size, path)
  } finally {
    await file.close()
  }
}

export function naturalFields(footer: Footer): Field[] {
  return footer.columns.flatMap(({ name, type }) => {
    const spec = specOf(type)
    return spec ? [{ name, type: { kind: 'optional', of: spec } as const }] : []
  })
}

function specOf(type: FileType): RequiredSpec | null {
  switch (type.kind) {
    case 'int':
      return { kind: `int${type.signed ? type.bits : type.bits === 8 ? 16 : type.bits === 16 ? 32 : 64}` }
    case 'float':
      return { kind: type.bits === 64 ? 'float64' : 'float32' }
    case 'fixed':
      return { kind: 'bytes' }
    case 'timestamp':
      return { kind: 'timestamp', unit: type.unit }
    case 'int96':
      return { kind: 'timestamp', unit: 'us' }
    case 'bool':
    case 'string':
    case 'bytes':
    case 'date':
      return { kind: type.kind }
    case 'decimal':
      return type
    case 'list': {
      const of = specOf(type.of)
      return of && { kind: 'list', of: { kind: 'optional', of } }
    }
    case 'map': {
      const [key, value] = [specOf(type.key), specOf(type.value)]
      return key && value && isMapKey(key)
        ? { kind: 'map', key, value: { kind: 'optional', of: value } }
        : null
    }
    case 'struct': {
      const fields = type.fields.map(field => ({ name: field.name, of: specOf(field.type) }))
      if (!fields.every(field => field.of !== null)) return null
      return {
        kind: 'struct',
        fields: fields.map(({ name, of }) => ({ name, type: { kind: 'optional', of: of as RequiredSpec } })),
      }
    }
    case 'other':
      return null
  }
}
