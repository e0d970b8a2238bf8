// The schema of Arrow bytes, read without apache-arrow, against what apache-arrow writes.
import { expect } from 'chai'
import fc from 'fast-check'
import { ipcFileWriter } from '../../src/codec/arrow.ts'
import { schemaDifference } from '../../src/codec/ipc-schema.ts'
import { storedField, type StoredField } from '../../src/codec/stored-field.ts'
import { HeadwaterError } from '../../src/errors.ts'
import { typeName, type TypeSpec } from '../../src/record/type.ts'
import { types as savepointTypes } from '../savepoint/arbitraries.ts'

/** Types that are stored alike. */
const stored: Readonly<Record<string, string>> = { safeInt64: 'int64', enum: 'string' }

const types: readonly TypeSpec[] = [
  ...savepointTypes,
  { kind: 'decimal', precision: 9, scale: 2 },
  { kind: 'decimal', precision: 9, scale: 3 },
  { kind: 'decimal', precision: 38, scale: 0 },
]

/** The file from its first message on. */
const messageOf = (fields: readonly StoredField[]): Uint8Array =>
  ipcFileWriter(fields, { 'headwater.format': '1' }).head.subarray(8)

const group: StoredField = { name: 'key_group', type: { kind: 'uint16' }, nullable: false }
const fieldsOf = (type: TypeSpec, name = 'total'): readonly StoredField[] => [group, storedField(name, type)]

/** The name of what a type is stored as. */
function storedName(type: TypeSpec): string {
  return typeName(type)
    .replaceAll(/enum\([^)]*\)/g, stored['enum']!)
    .replaceAll('safeInt64', stored['safeInt64']!)
}

describe('the schema of an Arrow file', () => {
  it('is the expected one for every type', () => {
    for (const type of types)
      expect(schemaDifference(messageOf(fieldsOf(type)), fieldsOf(type), 'f'), typeName(type)).to.equal(null)
  })

  it('is another one for every other type', () => {
    for (const type of types) {
      const message = messageOf(fieldsOf(type))
      for (const other of types) {
        if (storedName(other) === storedName(type)) continue
        const difference = schemaDifference(message, fieldsOf(other), 'f')
        expect(difference, `${typeName(type)} for ${typeName(other)}`).not.to.equal(null)
      }
    }
  })

  it('says what is different', () => {
    const message = messageOf(fieldsOf({ kind: 'timestamp', unit: 'ms' }))
    const difference = (fields: readonly StoredField[]): unknown => schemaDifference(message, fields, 'f')
    expect(difference(fieldsOf({ kind: 'optional', of: { kind: 'int32' } }))).to.deep.equal({
      expected: 'column total int32?',
      found: 'column total timestamp(ms, UTC)',
    })
    expect(difference(fieldsOf({ kind: 'timestamp', unit: 'ms' }, 'sum'))).to.deep.equal({
      expected: 'column sum timestamp(ms, UTC)',
      found: 'column total timestamp(ms, UTC)',
    })
    expect(difference([group])).to.deep.equal({ expected: '1 columns', found: '2' })
  })

  it('of any bytes is an answer or an error of ours', () => {
    const type: TypeSpec = {
      kind: 'map',
      key: { kind: 'string' },
      value: { kind: 'list', of: { kind: 'int32' } },
    }
    const message = messageOf(fieldsOf(type))
    const changes = fc.array(fc.tuple(fc.nat(message.length - 1), fc.nat(255)), {
      minLength: 1,
      maxLength: 4,
    })
    fc.assert(
      fc.property(changes, fc.nat(message.length), (places, length) => {
        const bytes = message.slice(0, length % 3 === 0 ? length : undefined)
        for (const [at, byte] of places) if (at < bytes.length) bytes[at] = byte
        try {
          schemaDifference(bytes, fieldsOf(type), 'f')
        } catch (error) {
          expect(error).to.be.instanceOf(HeadwaterError).with.property('code', 'corrupt-arrow')
        }
      }),
      { numRuns: 3000 },
    )
  })
})
