import { writeFileSync } from 'node:fs'
import { versions } from '../versions.ts'
import { manualPage } from './manual-page.ts'

// A step of the build; the package names the file in its `man` field.
writeFileSync(new URL('../p2pshare.1', import.meta.url), manualPage(versions().p2pshare))
