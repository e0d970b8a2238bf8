import { newPartitionAfterTheCut } from './18-new-partition-after-the-cut.ts'
import { fileLogs } from './log-kind.ts'

newPartitionAfterTheCut(fileLogs)
