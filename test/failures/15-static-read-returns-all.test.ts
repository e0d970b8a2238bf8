import { staticReadReturnsAll } from './15-static-read-returns-all.ts'
import { fileLogs } from './log-kind.ts'

staticReadReturnsAll(fileLogs)
