import { latestOnIdlePartition } from './02-start-at-latest-on-idle-partition.ts'
import { fileLogs } from './log-kind.ts'

latestOnIdlePartition(fileLogs)
