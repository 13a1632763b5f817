// Ctrl or Cmd and K: go to everything that has a name, or do something, by a few letters.
import { Autocomplete } from '@base-ui/react/autocomplete';
import { Dialog } from '@base-ui/react/dialog';
import { useNavigate } from '@tanstack/react-router';
import { Search } from 'lucide-react';
import { type RefObject, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { classNames } from '../kit/class-names.ts';
import { setCommandMenu, useCommandMenu, useOpenings } from './command-state.ts';
import { type Command, commandText, type Group, useCommands } from './commands.ts';
import { places } from './places.ts';
import { rememberId } from './recent.ts';

export function CommandMenu() {
  const isOpen = useCommandMenu();
  const openings = useOpenings();
  useKeys();
  return (
    <Dialog.Root open={isOpen} onOpenChange={setCommandMenu}>
      <Dialog.Portal>
        <Dialog.Backdrop className="fixed inset-0 z-50 bg-(--backdrop) transition-opacity duration-100 data-ending-style:opacity-0 data-starting-style:opacity-0" />
        <Dialog.Viewport className="fixed inset-0 z-50 flex justify-center px-4 pt-[12vh]">
          <Dialog.Popup
            aria-label="Go to"
            className="flex h-fit max-h-[70vh] w-full max-w-xl flex-col overflow-hidden rounded-lg border border-line bg-surface shadow-(--shadow) outline-none transition-opacity duration-100 data-ending-style:opacity-0 data-starting-style:opacity-0"
          >
            <Commands key={openings} />
          </Dialog.Popup>
        </Dialog.Viewport>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function Commands() {
  const [text, setText] = useState('');
  const groups = useCommands(text);
  const input = useRef<HTMLInputElement>(null);
  useTypedInto(input);
  const run = (command: Command) => {
    setCommandMenu(false);
    rememberId(command.id.replace(/^recent /, ''));
    command.run();
  };
  return (
    <Autocomplete.Root
      inline
      open
      items={groups}
      value={text}
      onValueChange={setText}
      autoHighlight="always"
      keepHighlight
      itemToStringValue={commandText}
    >
      <div className="flex items-center gap-2.5 border-b border-line px-4">
        <Search aria-hidden className="size-4 text-faint" />
        <Autocomplete.Input
          ref={input}
          aria-label="Go to"
          placeholder="A pipeline, table, column, chart, letter’s number, or what to do…"
          className="h-11 min-w-0 flex-1 bg-transparent text-base outline-none placeholder:text-faint"
        />
      </div>
      <Autocomplete.Empty className="text-muted not-empty:px-4 not-empty:py-8 not-empty:text-center">
        Nothing has this name.
      </Autocomplete.Empty>
      <Autocomplete.List className="min-h-0 overflow-y-auto p-1.5">
        {(group: Group) => (
          <Autocomplete.Group key={group.value} items={group.items} className="not-first:mt-1.5">
            <Autocomplete.GroupLabel className="px-2.5 py-1 text-2xs font-medium text-faint">
              {group.value}
            </Autocomplete.GroupLabel>
            <Autocomplete.Collection>
              {(command: Command) => (
                <Autocomplete.Item
                  key={command.id}
                  value={command}
                  onClick={() => run(command)}
                  className="flex h-8.5 cursor-default items-center gap-2.5 rounded-md px-2.5 outline-none data-highlighted:bg-surface-2"
                >
                  <command.icon aria-hidden className="size-4 text-muted" strokeWidth={1.75} />
                  <span
                    className={classNames('min-w-0 flex-1 truncate', command.isName && 'font-mono text-xs')}
                    title={command.label}
                  >
                    {command.label}
                  </span>
                  {(group.value === 'Recent' || group.value === 'Columns') && (
                    <span className="text-2xs text-faint">{command.noun}</span>
                  )}
                </Autocomplete.Item>
              )}
            </Autocomplete.Collection>
          </Autocomplete.Group>
        )}
      </Autocomplete.List>
    </Autocomplete.Root>
  );
}

/** What is typed goes into the input also before the dialog gives it the focus: people type at once. */
function useTypedInto(input: RefObject<HTMLInputElement | null>): void {
  useLayoutEffect(() => {
    input.current?.focus();
    const press = (event: KeyboardEvent) => {
      const isText = event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey;
      if (isText && event.target !== input.current) input.current?.focus();
    };
    window.addEventListener('keydown', press, true);
    return () => window.removeEventListener('keydown', press, true);
  }, [input]);
}

/** Ctrl or Cmd K opens the menu; `g` and a letter go to a place, as long as nothing is being typed. */
function useKeys(): void {
  const navigate = useNavigate();
  useEffect(() => {
    let wentAt = 0;
    const press = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        setCommandMenu(true);
        return;
      }
      const target = event.target as HTMLElement;
      if (event.ctrlKey || event.metaKey || event.altKey || target.isContentEditable) return;
      if (target.closest('input, textarea, select, [role=dialog], .cm-editor')) return;
      if (event.key === 'g') wentAt = event.timeStamp;
      else if (event.timeStamp - wentAt < 1_000) {
        const place = places.find((one) => one.key === event.key);
        wentAt = 0;
        if (place) void navigate({ to: place.to });
      }
    };
    window.addEventListener('keydown', press);
    return () => window.removeEventListener('keydown', press);
  }, [navigate]);
}
