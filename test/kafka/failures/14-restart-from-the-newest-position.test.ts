import { restartFromTheNewestPosition } from '../../failures/14-restart-from-the-newest-position.ts'
import { topics } from '../support/topic-logs.ts'

restartFromTheNewestPosition(topics)
