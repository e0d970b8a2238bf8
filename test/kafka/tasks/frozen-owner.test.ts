import { frozenOwners } from '../../cli/frozen-owner.ts'
import { topics } from '../support/topic-logs.ts'

frozenOwners(topics)
