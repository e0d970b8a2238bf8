import { staticReadReturnsAll } from '../../failures/15-static-read-returns-all.ts'
import { topics } from '../support/topic-logs.ts'

staticReadReturnsAll(topics)
