/** The records of the law: what sources have, what emissions name. */
import { t } from '../../src/record/type.ts'
import type { Source } from '../../src/source/source.ts'

export const schema = {
  id: t.string(),
  key: t.string(),
  other: t.string(),
  n: t.int32(),
  at: t.timestamp('ms'),
}
/** Of the source of most pipelines. */
export const options = { schema, eventTime: 'at', outOfOrdernessMs: 2 } as const
/** What most of them emit. */
export const emits = { cause: t.string(), of: t.string(), text: t.string() }

export type Events = Source<'a', typeof schema>
