// Which parts of a step are commands: those are set in code, and can be copied.

export interface Part {
  readonly text: string;
  readonly isCommand: boolean;
}

const PROGRAMS = /^(?:aws|docker|skopeo)$/;
/** Options without a value. */
const FLAGS = /^--(?:all|force|password-stdin)$/;

/** A step in prose and commands. A command goes as far as its words look like arguments. */
export function parts(step: string): Part[] {
  const words = step.split(/( +)/);
  const found: Part[] = [];
  let prose = "";
  let at = 0;
  while (at < words.length) {
    const begin = (words[at] ?? "").replace(/^\(/, "");
    const end = PROGRAMS.test(begin) ? endOfCommand(words, at) : at;
    if (end === at) {
      prose += words[at];
      at += 1;
      continue;
    }
    const [, opening = "", command = "", closing = ""] = /^(\(?)(.*?)([;,.)]*)$/s.exec(words.slice(at, end).join("")) ?? [];
    prose += opening;
    if (prose !== "") found.push({ text: prose, isCommand: false });
    found.push({ text: command, isCommand: true });
    prose = closing;
    at = end;
  }
  if (prose !== "") found.push({ text: prose, isCommand: false });
  return found;
}

/** Behind the last word of the command that begins at `start`; `start` where none does. Words and gaps take turns. */
function endOfCommand(words: readonly string[], start: number): number {
  const first = (words[start] ?? "").replace(/^\(/, "");
  let at = start + 2;
  // `aws SERVICE OPERATION`, `docker COMMAND`
  for (let left = first === "aws" ? 2 : 1; left > 0; left -= 1, at += 2) {
    const subcommand = words[at] ?? "";
    if (!/^[a-z][a-z0-9-]*[;,.)]*$/.test(subcommand)) return start;
    if (/[;,.)]$/.test(subcommand)) return left === 1 ? at + 1 : start;
  }
  let end = at - 1;
  let takesValue = false;
  for (; at < words.length; at += 2) {
    const word = words[at] ?? "";
    if (word === "|" || word === "&&") {
      const next = endOfCommand(words, at + 2);
      return next === at + 2 ? end : next;
    }
    const isArgument = word.startsWith("--") || takesValue || /[/:=.](?=.)/.test(word);
    if (!isArgument) break;
    takesValue = word.startsWith("--") && !FLAGS.test(word);
    end = at + 1;
    if (/[;,.)]$/.test(word)) break;
  }
  return end;
}

/** Whether a command can be run as it stands, and not only names an operation. */
export function isWhole(command: string): boolean {
  return /[ ](?:--|[^ ]*[/:=])/.test(command);
}
