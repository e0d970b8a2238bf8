/** How conversions say that a value does not fit: they know the row, their caller knows the file. */

/** Called for a row whose value does not fit, with the value as text; throws, or returns where the row is absent. */
export type OnMisfit = (row: number, found: string) => void
