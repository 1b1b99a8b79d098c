// The least that a command line with help does: loads the parser, and shows a help of its own.
import yargs from 'yargs'

const text = await yargs().scriptName('nothing').help().getHelp()
console.log(text)
