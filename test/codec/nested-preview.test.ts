import { expect } from 'chai'
import { preview } from '../../src/codec/preview.ts'
import { t, type TypeSpec } from '../../src/record/type.ts'

describe('previews of nested types', () => {
  const person = t.struct({ name: t.string(), tags: t.list(t.string()), more: t.optional(t.bool()) }).spec
  const cases: [TypeSpec, unknown, string][] = [
    [person, { name: 'Ada', tags: ['a', ''], more: null }, '{name: Ada, tags: [a, ""], more: null}'],
    [t.list(t.int32()).spec, [], '[]'],
    [
      t.map(t.date(), t.decimal(3, 1)).spec,
      new Map([
        [0, '1.0'],
        [1, '2.5'],
      ]),
      '{1970-01-01 → 1.0, 1970-01-02 → 2.5}',
    ],
    [t.optional(t.map(t.string(), t.bool())).spec, null, 'null'],
  ]
  for (const [type, value, text] of cases) it(text, () => expect(preview(type, value)).to.equal(text))

  it('are cut when they get long, with their number', () => {
    const list = Array.from({ length: 1000 }, (_, i) => i)
    const text = preview(t.list(t.int32()).spec, list)
    expect(text).to.match(/^\[0, 1, 2, .*, … 1000 in all\]$/)
    expect(text.length).to.be.below(100)
  })

  it('stay short however deep', () => {
    let type: TypeSpec = t.list(t.string()).spec
    let value: unknown = Array.from({ length: 50 }, () => 'x'.repeat(50))
    for (let i = 0; i < 20; i++) {
      type = { kind: 'list', of: type }
      value = Array.from({ length: 50 }, () => value)
    }
    expect(preview(type, value).length).to.be.below(1000)
  })
})
