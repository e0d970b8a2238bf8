import { growthOn } from '../../cli/growth.ts'
import { topics } from '../support/topic-logs.ts'

growthOn(topics)
