import { oneIdleSource } from './08-one-idle-source.ts'
import { fileLogs } from './log-kind.ts'

oneIdleSource(fileLogs)
