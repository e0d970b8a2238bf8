import { historyOverlapsTheLog } from './05-history-overlaps-the-log.ts'
import { fileLogs } from './log-kind.ts'

historyOverlapsTheLog(fileLogs)
