import { expect } from 'chai'
import { preview } from '../../src/codec/preview.ts'
import type { TypeSpec } from '../../src/record/type.ts'

const string: TypeSpec = { kind: 'string' }
const bytes: TypeSpec = { kind: 'bytes' }
const timestamp = (unit: 'ms' | 'us' | 'ns'): TypeSpec => ({ kind: 'timestamp', unit })

describe('preview', () => {
  const cases: [TypeSpec, unknown, string][] = [
    [{ kind: 'optional', of: { kind: 'int32' } }, null, 'null'],
    [{ kind: 'optional', of: { kind: 'int32' } }, 5, '5'],
    [{ kind: 'int64' }, 2n ** 63n - 1n, '9223372036854775807'],
    [{ kind: 'bool' }, false, 'false'],
    [{ kind: 'float64' }, -0, '-0'],
    [{ kind: 'float64' }, NaN, 'NaN'],
    [{ kind: 'float64' }, 0.1, '0.1'],
    [string, 'plain text', 'plain text'],
    [string, '', '""'],
    [string, 'null', '"null"'],
    [string, ' two\nlines', '" two\\nlines"'],
    [string, 'x'.repeat(60), 'x'.repeat(60)],
    [string, 'x'.repeat(61), `${'x'.repeat(60)}…`],
    [string, '\u{1F600}'.repeat(1000), `${'\u{1F600}'.repeat(60)}…`],
    [bytes, new Uint8Array(0), '0x (0 bytes)'],
    [bytes, Uint8Array.of(0xab), '0xab (1 byte)'],
    [bytes, new Uint8Array(17), `0x${'00'.repeat(16)}… (17 bytes)`],
    [{ kind: 'date' }, 19_782, '2024-02-29'],
    [{ kind: 'date' }, -1, '1969-12-31'],
    [timestamp('ms'), 1_322_727_960_123, '2011-12-01T08:26:00.123Z'],
    [timestamp('ms'), -1, '1969-12-31T23:59:59.999Z'],
    [timestamp('us'), 1, '1970-01-01T00:00:00.000001Z'],
    [timestamp('ns'), -1n, '1969-12-31T23:59:59.999999999Z'],
    [timestamp('ns'), 2n ** 63n - 1n, '2262-04-11T23:47:16.854775807Z'],
    [timestamp('ms'), Number.MAX_SAFE_INTEGER, '+287396-10-12T08:59:00.991Z'],
  ]
  for (const [type, value, text] of cases) {
    it(`shows ${text}`, () => {
      expect(preview(type, value)).to.equal(text)
    })
  }
})
