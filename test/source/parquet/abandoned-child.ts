/** A process that begins to read a history and then forgets it: it must end by itself. Argument: the file. */
import { planOf } from './reading.ts'
import { t } from '../../../src/record/type.ts'

const plan = await planOf(process.argv[2]!, { n: t.int64() })
const batches = plan.read()[Symbol.asyncIterator]()
const first = await batches.next()
console.log(first.done === true ? 'nothing' : first.value.batch.length)
