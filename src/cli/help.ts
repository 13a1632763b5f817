// Help that teaches: what a command does, how it is called, with examples and exit codes.
import { everywhere, type OptionSpec } from './arguments.ts';
import type { Command } from './command.ts';
import type { Paint } from './paint.ts';
import { pad, wrapText } from './width.ts';

/** The exit codes that every command has. */
export const exitCodes: readonly (readonly [code: string, meaning: string])[] = [
  ['0', 'all is well'],
  ['1', 'it failed'],
  ['2', 'the call or a definition is wrong, or what was named is not there: the message says what to fix'],
  ['3', 'another process uses the data folder'],
];

const widthMax = 100;

/** The help of one command. */
export function commandHelp(command: Command, paint: Paint, columns: number): string {
  const width = Math.min(columns, widthMax);
  const options = [...command.options, ...everywhere];
  const own = new Map([...exitCodes, ...command.exitCodes]);
  const sections = [
    ['', [`${paint.bold(`millrace ${command.name}`)}: ${command.summary}`]],
    ['Usage', [usageOf(command)]],
    ['', command.description.flatMap((one, i) => [...(i > 0 ? [''] : []), ...wrapText(one, width - 2)])],
    [
      'Arguments',
      pairs(
        command.positionals.map((one) => [one.name, one.description]),
        paint,
        width,
      ),
    ],
    [
      'Options',
      pairs(
        options.map((one) => [optionName(one), one.description]),
        paint,
        width,
      ),
    ],
    [
      'Examples',
      command.examples.flatMap(({ line, does }) => [...wrapText(does, width - 2), `  ${paint.dim('$')} ${line}`]),
    ],
    [
      'Exit codes',
      pairs(
        [...own].sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true })),
        paint,
        width,
      ),
    ],
  ] as const;
  return sections
    .filter(([, lines]) => lines.length > 0)
    .map(([title, lines], i) => {
      const body = lines.map((line) => (i === 0 || line === '' ? line : `  ${line}`)).join('\n');
      return title ? `${paint.bold(title)}\n${body}\n` : `${body}\n`;
    })
    .join('\n');
}

/** The commands by what they are for. */
export type CommandGroups = readonly (readonly [title: string, commands: readonly Command[]])[];

/** The help of all: the commands with a line each; `isWhole` where it is not only a family of them. */
export function overview(
  groups: CommandGroups,
  version: string,
  paint: Paint,
  columns: number,
  isWhole: boolean,
): string {
  const width = Math.min(columns, widthMax);
  const first = Math.max(...groups.flatMap(([, commands]) => commands.map((one) => shortUsage(one).length)));
  const sections = groups.map(([title, commands]) => {
    const rows = commands.map((one) => [shortUsage(one), one.summary] as const);
    return `${paint.bold(title)}\n${pairs(rows, paint, width, first)
      .map((line) => `  ${line}`)
      .join('\n')}\n`;
  });
  if (isWhole) sections.unshift(`${paint.bold('Millrace')} ${version}: real-time data pipelines in TypeScript\n`);
  if (isWhole) sections.push(`${paint.bold('To begin')}\n${begin(paint)}\n`);
  return [...sections, 'millrace help COMMAND explains one of them.\n'].join('\n');
}

function begin(paint: Paint): string {
  const lines = [
    ['millrace check pipeline.ts', 'is it right?'],
    ['millrace run pipeline.ts', 'run it, with its data in .millrace'],
    ['millrace query "from my_table"', 'look at what it made'],
  ] as const;
  return lines.map(([line, does]) => `  ${paint.dim('$')} ${pad(line, 30)}   ${paint.dim(does)}`).join('\n');
}

/** How a command is called, in one line. */
export function usageOf(command: Command): string {
  return `${shortUsage(command)} [options]`.replace(/^/, 'millrace ');
}

function shortUsage(command: Command): string {
  const positionals = command.positionals.map((one) => {
    const name = one.isRepeatable ? `${one.name}...` : one.name;
    return one.isOptional ? `[${name}]` : name;
  });
  return [command.name, ...positionals].join(' ');
}

function optionName(option: OptionSpec): string {
  return `${option.short ? `-${option.short}, ` : ''}--${option.name}${option.value ? ` ${option.value}` : ''}`;
}

/** Two columns, the second one wrapped. */
function pairs(rows: readonly (readonly [string, string])[], paint: Paint, width: number, firstMin = 0): string[] {
  const first = Math.max(firstMin, ...rows.map(([name]) => name.length));
  return rows.flatMap(([name, text]) =>
    wrapText(text, Math.max(30, width - first - 5)).map(
      (line, i) => `${paint.cyan(pad(i === 0 ? name : '', first))}   ${line}`,
    ),
  );
}
