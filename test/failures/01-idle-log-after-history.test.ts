import { idleLogAfterHistory } from './01-idle-log-after-history.ts'
import { fileLogs } from './log-kind.ts'

idleLogAfterHistory(fileLogs)
