import { restartFromTheNewestPosition } from './14-restart-from-the-newest-position.ts'
import { fileLogs } from './log-kind.ts'

restartFromTheNewestPosition(fileLogs)
