/** Ids of topics in their two forms. */

/** The form with dashes of an id as Kafka writes it (22 characters). */
export function dashedId(id: string): string {
  const hex = Buffer.from(id, 'base64url').toString('hex')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
