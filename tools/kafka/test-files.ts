/** Which tests need a broker. */
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Of this repository, as paths from its root. */
export function kafkaTestFiles(): string[] {
  const folder = fileURLToPath(new URL('../../test/kafka', import.meta.url))
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  return names.filter(name => name.endsWith('.test.ts')).map(name => `test/kafka/${name}`)
}
