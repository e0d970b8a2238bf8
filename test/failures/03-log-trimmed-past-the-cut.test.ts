import { logTrimmedPastTheCut } from './03-log-trimmed-past-the-cut.ts'
import { fileLogs } from './log-kind.ts'

logTrimmedPastTheCut(fileLogs)
