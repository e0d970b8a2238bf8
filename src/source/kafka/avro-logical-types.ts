/**
 * Avro's dates, instants and decimals as the text that sources take: the unit of an instant and the scale of a decimal are in
 * the schema, so a field of another unit gets the same instant, or refuses it. Published source: the Avro specification,
 * "Logical Types".
 */
import { decimalText, unscaled } from '../../codec/decimal.ts'
import { dateFromText, dateText, instantFromText, instantIn, timestampText } from '../../codec/iso-time.ts'
import type { TimeUnit } from '../../record/type.ts'
import type { avsc } from './avro.ts'

type Base = typeof avsc.types.LogicalType
type LogicalTypes = Record<string, new () => avsc.types.LogicalType>

/** In the schema of what lies below a logical type, so that `compiler` tells it from the logical type itself. */
export const underlying = 'headwater-underlying'

/** A 64-bit number; as text where JavaScript does not hold it exactly. */
export function exactLong(value: bigint): number | string {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : String(value)
}

/** The types by their names in schemas. Each also reads what was written without it, or by another unit or scale. */
export function logicalTypesOf({ LogicalType }: typeof avsc.types): LogicalTypes {
  const Text = textType(LogicalType)
  const [millis, micros, nanos] = instantTypes(Text)
  return {
    date: dateType(Text),
    decimal: decimalType(Text),
    'timestamp-millis': millis,
    'timestamp-micros': micros,
    'timestamp-nanos': nanos,
    'local-timestamp-millis': millis,
    'local-timestamp-micros': micros,
    'local-timestamp-nanos': nanos,
  } as unknown as LogicalTypes
}

/** A logical type that gives text. Over a type that it can't lie over it is none, as the specification has it. */
function textType(LogicalType: Base) {
  return class Text extends LogicalType {
    readonly #plain: readonly string[]

    constructor(schema: { readonly type?: unknown }, options: unknown, plain: readonly string[]) {
      if (!plain.includes(String(schema.type))) throw new Error('another type below it')
      super({ ...schema, [underlying]: true } as avsc.Schema, options)
      this.#plain = plain
    }

    /** Text of the same kind is exact, whatever its unit or scale; what has no logical type has that of the reader. */
    protected override _resolve(written: avsc.Type): ((value: unknown) => unknown) | undefined {
      if (written instanceof Text && written.#plain === this.#plain) return value => value
      const name = written.typeName.replace('abstract:', '')
      return this.#plain.includes(name) ? value => this._fromValue(value) as unknown : undefined
    }
  }
}

type Text = ReturnType<typeof textType>
const [ofDates, ofInstants, ofDecimals] = [['int'], ['int', 'long'], ['bytes', 'fixed']]

function dateType(Super: Text) {
  return class extends Super {
    constructor(schema: object, options: unknown) {
      super(schema, options, ofDates)
    }
    protected override _fromValue(days: number): string {
      return dateText(days)
    }
    protected override _toValue(text: string): number | undefined {
      return dateFromText(text) ?? undefined
    }
  }
}

function instantTypes(Super: Text) {
  const of = (unit: TimeUnit) =>
    class extends Super {
      constructor(schema: object, options: unknown) {
        super(schema, options, ofInstants)
      }
      protected override _fromValue(value: number | string): string {
        if (unit === 'ns') return timestampText(BigInt(value), unit)
        // What is no safe integer is no instant of these units: it stays as it is, and is refused as one.
        return typeof value === 'number' ? timestampText(value, unit) : value
      }
      protected override _toValue(text: string): number | string | undefined {
        const instant = instantFromText(text)
        const value = instant && instantIn(instant, unit)
        return value === null ? undefined : exactLong(BigInt(value))
      }
    }
  return [of('ms'), of('us'), of('ns')] as const
}

function decimalType(Super: Text) {
  return class extends Super {
    readonly #scale: number
    constructor(schema: { readonly type?: unknown; readonly scale?: number }, options: unknown) {
      super(schema, options, ofDecimals)
      this.#scale = schema.scale ?? 0
    }
    protected override _fromValue(bytes: Buffer): string {
      return decimalText(signedNumber(bytes), this.#scale)
    }
    protected override _toValue(text: string): Buffer | undefined {
      const { size } = this.underlyingType as unknown as { readonly size?: number }
      return /^-?\d+(\.\d+)?$/.test(text) ? signedBytes(unscaled(text), size) : undefined
    }
  }
}

/** Two's complement, big-endian. */
function signedNumber(bytes: Buffer): bigint {
  return bytes.length === 0 ? 0n : BigInt.asIntN(8 * bytes.length, BigInt(`0x${bytes.toString('hex')}`))
}

/** The same back; as few bytes as hold it where no size is given. */
function signedBytes(value: bigint, size: number = bytesOf(value)): Buffer {
  const digits = BigInt.asUintN(8 * size, value)
    .toString(16)
    .padStart(2 * size, '0')
  return Buffer.from(digits, 'hex')
}

function bytesOf(value: bigint): number {
  for (let bytes = 1; ; bytes++) if (BigInt.asIntN(8 * bytes, value) === value) return bytes
}
