import { expect } from 'chai'
import { t } from '../../../src/record/type.ts'
import { folderColumns, folderValue } from '../../../src/source/parquet/folder-columns.ts'

describe('columns of folders', () => {
  it('are the key=value folders of a path, percent signs undone', () => {
    const columns = folderColumns('h/month=2011-10/country=C%C3%B4te d%27Ivoire/=x/plain/a=b.parquet')
    expect([...columns]).to.deep.equal([
      ['month', '2011-10'],
      ['country', `Côte d'Ivoire`],
    ])
    expect([...folderColumns('a%20b=1/x=100%/y=/z=a=b/f')]).to.deep.equal([
      ['a b', '1'],
      ['x', '100%'],
      ['y', ''],
      ['z', 'a=b'],
    ])
  })

  it('are null where Hive says so', () => {
    expect(folderColumns('n=__HIVE_DEFAULT_PARTITION__/f').get('n')).to.equal(null)
    expect(folderValue(null, t.int32().spec, 'x')).to.equal(null)
  })

  it('are values of the declared type', () => {
    expect(folderValue('2011-10', t.string().spec, 'x')).to.equal('2011-10')
    expect(folderValue('-128', t.int8().spec, 'x')).to.equal(-128)
    expect(folderValue('007', t.int32().spec, 'x')).to.equal(7)
    expect(folderValue('9223372036854775807', t.int64().spec, 'x')).to.equal(9223372036854775807n)
    expect(folderValue('9007199254740991', t.optional(t.safeInt64()).spec, 'x')).to.equal(2 ** 53 - 1)
    expect(folderValue('True', t.bool().spec, 'x')).to.equal(true)
    expect(folderValue('1969-12-31', t.date().spec, 'x')).to.equal(-1)
    expect(folderValue('2012-02-29', t.date().spec, 'x')).to.equal(15399)
    expect(folderValue('b', t.enum('a', 'b').spec, 'x')).to.equal('b')
  })

  it('are refused where the text is none', () => {
    const bad = [
      ['128', t.int8()],
      ['1.5', t.int32()],
      ['', t.int32()],
      ['0x10', t.int32()],
      ['9007199254740992', t.safeInt64()],
      ['9223372036854775808', t.int64()],
      ['yes', t.bool()],
      ['2011-02-29', t.date()],
      ['2011-2-1', t.date()],
      ['c', t.enum('a', 'b')],
    ] as const
    for (const [text, type] of bad) {
      expect(() => folderValue(text, type.spec, `f.parquet: column 'n'`), text)
        .to.throw()
        .that.includes({ kind: 'data', code: 'folder-value', thing: `f.parquet: column 'n'` })
    }
  })
})
