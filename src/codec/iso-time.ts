/**
 * ISO 8601 text of dates and instants, without the limits of JavaScript's Date: every int32 day and every int64
 * instant has a text, with years beyond four digits signed. Text without an offset is UTC.
 */
import type { TimeUnit } from '../record/type.ts'

const secondsPerDay = 86_400
const nanosPerSecond = 1_000_000_000n

/** Units in a second. */
const unitsPerSecond: Readonly<Record<TimeUnit, number>> = { ms: 1_000, us: 1_000_000, ns: 1_000_000_000 }

/** An instant: whole seconds since the epoch, floored, and the nanoseconds after them. */
export interface Instant {
  readonly seconds: number
  readonly nanos: number
}

/** `YYYY-MM-DD` of a day since 1970-01-01. */
export function dateText(days: number): string {
  // Days are counted from 0000-03-01 in eras of 400 years (146 097 days), so that the leap day is a year's last.
  const shifted = days + 719_468
  const era = Math.floor(shifted / 146_097)
  const dayOfEra = shifted - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153)
  const day = dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  return `${yearText(year)}-${two(month)}-${two(day)}`
}

/** The day of a `YYYY-MM-DD` text; null when it is none. */
export function dateFromText(text: string): number | null {
  const match = /^([+-]\d{6,7}|\d{4})-(\d\d)-(\d\d)$/.exec(text)
  return match && daysOf(Number(match[1]), Number(match[2]), Number(match[3]))
}

/** ISO text of an instant in UTC, with the decimals of its unit. */
export function timestampText(value: number | bigint, unit: TimeUnit): string {
  const { seconds, fraction } = split(value, unitsPerSecond[unit])
  const days = Math.floor(seconds / secondsPerDay)
  const second = seconds - days * secondsPerDay
  const clock = [Math.floor(second / 3600), Math.floor(second / 60) % 60, second % 60].map(two).join(':')
  const digits = unit === 'ms' ? 3 : unit === 'us' ? 6 : 9
  return `${dateText(days)}T${clock}.${String(fraction).padStart(digits, '0')}Z`
}

const instantPattern =
  /^([+-]\d{6,7}|\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(Z|[+-]\d\d:?\d\d)?)?$/i

/** The instant of an ISO text; null when it is none, or a time that no clock shows. */
export function instantFromText(text: string): Instant | null {
  const match = instantPattern.exec(text)
  if (!match) return null
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(part => Number(part ?? 0))
  const days = daysOf(year!, month!, day!)
  if (days === null || hour! > 23 || minute! > 59 || second! > 59) return null
  const offset = offsetSeconds(match[8])
  if (offset === null) return null
  const seconds = days * secondsPerDay + hour! * 3600 + minute! * 60 + second! - offset
  return { seconds, nanos: Number((match[7] ?? '').padEnd(9, '0')) }
}

/** The instant in a unit, as the number or bigint that the unit's timestamps are; null when it does not fit exactly. */
export function instantIn({ seconds, nanos }: Instant, unit: TimeUnit): number | bigint | null {
  if (unit === 'ns') {
    const value = BigInt(seconds) * nanosPerSecond + BigInt(nanos)
    return BigInt.asIntN(64, value) === value ? value : null
  }
  const nanosPerUnit = 1_000_000_000 / unitsPerSecond[unit]
  if (nanos % nanosPerUnit !== 0) return null
  const value = seconds * unitsPerSecond[unit] + nanos / nanosPerUnit
  return Number.isSafeInteger(value) ? value : null
}

/** Null for a day that is in no calendar. */
function daysOf(year: number, month: number, day: number): number | null {
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return null
  const marchYear = month <= 2 ? year - 1 : year
  const era = Math.floor(marchYear / 400)
  const yearOfEra = marchYear - era * 400
  const marchMonth = month > 2 ? month - 3 : month + 9
  const dayOfYear = Math.floor((153 * marchMonth + 2) / 5) + day - 1
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * 146_097 + dayOfEra - 719_468
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}

function offsetSeconds(text: string | undefined): number | null {
  if (text === undefined || text === 'Z' || text === 'z') return 0
  const hours = Number(text.slice(1, 3))
  const minutes = Number(text.slice(-2))
  if (hours > 23 || minutes > 59) return null
  return (text.startsWith('-') ? -1 : 1) * (hours * 3600 + minutes * 60)
}

function split(value: number | bigint, perSecond: number): { seconds: number; fraction: number } {
  if (typeof value === 'number') {
    const seconds = Math.floor(value / perSecond)
    return { seconds, fraction: value - seconds * perSecond }
  }
  const fraction = ((value % nanosPerSecond) + nanosPerSecond) % nanosPerSecond
  return { seconds: Number((value - fraction) / nanosPerSecond), fraction: Number(fraction) }
}

function yearText(year: number): string {
  if (year >= 0 && year <= 9999) return String(year).padStart(4, '0')
  return `${year < 0 ? '-' : '+'}${String(Math.abs(year)).padStart(6, '0')}`
}

function two(value: number): string {
  return String(value).padStart(2, '0')
}
