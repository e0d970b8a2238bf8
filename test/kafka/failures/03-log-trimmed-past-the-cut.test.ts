import { logTrimmedPastTheCut } from '../../failures/03-log-trimmed-past-the-cut.ts'
import { topics } from '../support/topic-logs.ts'

logTrimmedPastTheCut(topics)
