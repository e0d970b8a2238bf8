import { logRecreated } from './04-log-recreated.ts'
import { fileLogs } from './log-kind.ts'

logRecreated(fileLogs)
