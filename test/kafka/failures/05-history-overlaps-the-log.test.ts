import { historyOverlapsTheLog } from '../../failures/05-history-overlaps-the-log.ts'
import { topics } from '../support/topic-logs.ts'

historyOverlapsTheLog(topics)
