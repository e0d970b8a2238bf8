import { idleLogAfterHistory } from '../../failures/01-idle-log-after-history.ts'
import { topics } from '../support/topic-logs.ts'

idleLogAfterHistory(topics)
