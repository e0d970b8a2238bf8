import { fileLogs } from '../failures/log-kind.ts'
import { growthOn } from './growth.ts'

growthOn(fileLogs)
