/** Tests that need @confluentinc/kafka-javascript, which is built where that is possible, and skipped elsewhere. */

/** `describe`, or `describe.skip` with the reason in the title where the package is not there. */
export function describeConfluent(title: string, tests: () => void): void {
  const why = process.env['HEADWATER_NO_CONFLUENT'] ?? ''
  if (why === '') describe(title, tests)
  else describe.skip(`${title} (${why})`, tests)
}
