/** Decimals of one precision and scale as those of another, each value checked. */
import { decimalText, setWide, wideAt } from '../../codec/decimal.ts'
import type { Column } from '../../record/column.ts'
import type { OnMisfit } from './misfit.ts'

/** The numbers at the declared scale; the same buffer where all fit as they are. */
export function convertDecimal(
  column: Column,
  scale: number,
  to: { readonly precision: number; readonly scale: number },
  misfit: OnMisfit,
): BigInt64Array {
  const values = column.values as BigInt64Array
  const out = scale === to.scale ? values : new BigInt64Array(values.length)
  const limit = 10n ** BigInt(to.precision)
  const [up, down] = [
    10n ** BigInt(Math.max(0, to.scale - scale)),
    10n ** BigInt(Math.max(0, scale - to.scale)),
  ]
  for (let row = 0; row < column.length; row++) {
    const value = wideAt(values, row)
    const scaled = (value * up) / down
    const fits = value % down === 0n && scaled < limit && scaled > -limit
    if (!fits) misfit(row, decimalText(value, scale))
    if (out !== values) setWide(out, row, fits ? scaled : 0n)
  }
  return out
}
