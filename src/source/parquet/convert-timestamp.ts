/**
 * Timestamps of one unit as those of another, where each value stays exact. 64-bit division and multiplication by
 * 10^3 and 10^6 are done on 32-bit words in doubles, whose intermediate values all stay below 2^53.
 */
import { wordsOf } from '../../codec/layout.ts'
import type { TimeUnit } from '../../record/type.ts'
import { checkSafe } from './convert-int.ts'
import type { OnMisfit } from './misfit.ts'

const ticksPerMs: Readonly<Record<TimeUnit, number>> = { ms: 1, us: 1_000, ns: 1_000_000 }
const two32 = 0x1_0000_0000

/** The values in the other unit; those of ms and us must also be safe integers, as they are numbers in JavaScript. */
export function convertTimestamp(
  values: BigInt64Array,
  from: TimeUnit,
  to: TimeUnit,
  misfit: OnMisfit,
): BigInt64Array {
  const converted = inUnit(values, ticksPerMs[from], ticksPerMs[to], misfit)
  return to === 'ns' ? converted : checkSafe(converted, misfit)
}

function inUnit(values: BigInt64Array, from: number, to: number, misfit: OnMisfit): BigInt64Array {
  if (from === to) return values
  return from > to ? divided(values, from / to, misfit) : multiplied(values, to / from, misfit)
}

function divided(values: BigInt64Array, divisor: number, misfit: OnMisfit): BigInt64Array {
  const words = wordsOf(values)
  const out = new BigInt64Array(values.length)
  const quotients = wordsOf(out)
  for (let i = 0; i < values.length; i++) {
    const high = words[i * 2 + 1]!
    const highQuotient = Math.floor(high / divisor)
    const rest = (high - highQuotient * divisor) * two32 + (words[i * 2]! >>> 0)
    const lowQuotient = Math.floor(rest / divisor)
    if (lowQuotient * divisor !== rest) misfit(i, String(values[i]))
    quotients[i * 2] = lowQuotient
    quotients[i * 2 + 1] = highQuotient
  }
  return out
}

function multiplied(values: BigInt64Array, factor: number, misfit: OnMisfit): BigInt64Array {
  const words = wordsOf(values)
  const out = new BigInt64Array(values.length)
  const products = wordsOf(out)
  for (let i = 0; i < values.length; i++) {
    const lowProduct = (words[i * 2]! >>> 0) * factor
    const carry = Math.floor(lowProduct / two32)
    const highProduct = words[i * 2 + 1]! * factor + carry
    if (highProduct !== (highProduct | 0)) misfit(i, String(values[i]))
    products[i * 2] = lowProduct - carry * two32
    products[i * 2 + 1] = highProduct
  }
  return out
}
