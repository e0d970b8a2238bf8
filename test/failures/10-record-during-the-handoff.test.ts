import { recordDuringTheHandoff } from './10-record-during-the-handoff.ts'
import { fileLogs } from './log-kind.ts'

recordDuringTheHandoff(fileLogs)
