/** Locks inferred types: `typed(x).is<number>()` compiles when x is of exactly that type, `any` excluded. */

/** true when the types are the same, not merely assignable to each other. */
export type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false

export function assertType<_Proof extends true>(): void {
  // the compiler has done it
}

/** Only for the compiler: these files are never run. */
export function typed<T>(_value: T): { is<U>(..._proof: Equal<T, U> extends true ? [] : [never]): void } {
  return { is: () => undefined }
}

// The helpers themselves.
declare const text: string
declare const anything: any // eslint-disable-line @typescript-eslint/no-explicit-any -- it is what is tested
typed(text).is<string>()
// @ts-expect-error not a number
typed(text).is<number>()
// @ts-expect-error any is nothing else
typed(anything).is<string>()
// @ts-expect-error a narrower type is another one
typed<string | null>(text).is<string>()
assertType<Equal<string, string>>()
assertType<Equal<{ a: 1 }, { a: 1 }>>()
// @ts-expect-error a literal is not its base type
assertType<Equal<1, number>>()
// @ts-expect-error any is nothing else
assertType<Equal<any, number>>() // eslint-disable-line @typescript-eslint/no-explicit-any -- it is what is tested
// @ts-expect-error nor is anything any
assertType<Equal<unknown, any>>() // eslint-disable-line @typescript-eslint/no-explicit-any -- it is what is tested
// @ts-expect-error a union is not one of its members
assertType<Equal<string | undefined, string>>()
// @ts-expect-error read-only is not the same as writable
assertType<Equal<{ readonly a: 1 }, { a: 1 }>>()
