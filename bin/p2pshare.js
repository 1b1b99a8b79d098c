#!/usr/bin/env node
// Everything is in src/cli/main.ts.
import '../dist/cli/main.js'
