import { fileLogs } from '../failures/log-kind.ts'
import { frozenOwners } from './frozen-owner.ts'

frozenOwners(fileLogs, { some: true })
