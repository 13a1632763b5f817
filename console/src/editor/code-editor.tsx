// CodeMirror as a controlled React component; loaded with the page that needs it (see editor.tsx).
import {
  autocompletion,
  type Completion,
  type CompletionContext,
  closeBrackets,
  closeBracketsKeymap,
  completeFromList,
} from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { json } from '@codemirror/lang-json';
import { sql } from '@codemirror/lang-sql';
import { bracketMatching } from '@codemirror/language';
import { Compartment, EditorState, type Extension, Transaction } from '@codemirror/state';
import {
  drawSelection,
  EditorView,
  highlightActiveLineGutter,
  keymap,
  lineNumbers,
  placeholder as placeholderOf,
} from '@codemirror/view';
import { type Ref, useEffect, useImperativeHandle, useRef } from 'react';
import { duckdb } from './dialect.ts';
import { look } from './look.ts';
import { markWrong, type Spot, wrong } from './wrong.ts';

export type SqlNames = Readonly<Record<string, readonly Completion[]>>;

export type CodeEditorProps = {
  value: string;
  onChange?: (value: string) => void;
  language: 'sql' | 'json' | 'text';
  /** Read out: what is written here. */
  label: string;
  /** For Ctrl-Enter. */
  run?: () => void;
  /** Names that SQL completes: columns by table. */
  names?: SqlNames;
  /** Where the text is wrong. */
  spot?: Spot;
  placeholder?: string;
  isReadOnly?: boolean;
  hasFocus?: boolean;
  /** Gets what can be done to the editor from outside. */
  handle?: Ref<EditorHandle>;
};

/** `insert` writes where the cursor is. */
export type EditorHandle = { insert: (text: string) => void };

/** Columns are completed before the FROM clause is written too; after a table's name and a dot only its own. */
function columnsOf(names: SqlNames): Completion[] {
  const columns = new Map<string, Completion>();
  for (const completion of Object.values(names).flat()) columns.set(completion.label, { ...completion, boost: 1 });
  return [...columns.values()];
}

function languageOf(language: CodeEditorProps['language'], names: SqlNames = {}): Extension {
  if (language === 'json') return json();
  if (language === 'text') return [];
  const support = sql({ dialect: duckdb, schema: names });
  const columns = completeFromList(columnsOf(names));
  const source = support.language.data.of({
    autocomplete: (context: CompletionContext) => (context.matchBefore(/\.\w*/) ? null : columns(context)),
  });
  return [support, source];
}

export default function CodeEditor(props: CodeEditorProps) {
  const place = useRef<HTMLDivElement>(null);
  const editor = useRef<EditorView>(null);
  const latest = useRef(props);
  latest.current = props;
  const parts = useRef({ language: new Compartment(), access: new Compartment(), placeholder: new Compartment() });
  const { value, language, names, spot, placeholder, isReadOnly = false } = props;

  // biome-ignore lint/correctness/useExhaustiveDependencies: the editor is made once; what changes later is set below.
  useEffect(() => {
    const { label, hasFocus } = latest.current;
    const view = new EditorView({
      parent: place.current!,
      state: EditorState.create({
        doc: value,
        selection: { anchor: value.length },
        extensions: [
          lineNumbers(),
          highlightActiveLineGutter(),
          drawSelection(),
          EditorView.lineWrapping,
          bracketMatching(),
          closeBrackets(),
          autocompletion({ icons: false }),
          history(),
          wrong,
          look,
          parts.current.language.of(languageOf(language, names)),
          parts.current.access.of(EditorState.readOnly.of(isReadOnly)),
          parts.current.placeholder.of(placeholder ? placeholderOf(placeholder) : []),
          EditorView.contentAttributes.of({ 'aria-label': label, spellcheck: 'false', autocapitalize: 'off' }),
          keymap.of([
            {
              key: 'Mod-Enter',
              preventDefault: true,
              run: () => {
                latest.current.run?.();
                return latest.current.run !== undefined;
              },
            },
            ...closeBracketsKeymap,
            ...historyKeymap,
            // Tab is not among them: it leaves the editor, as it leaves any field.
            ...defaultKeymap,
          ]),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) latest.current.onChange?.(update.state.doc.toString());
          }),
        ],
      }),
    });
    editor.current = view;
    if (hasFocus) view.focus();
    return () => view.destroy();
  }, []);

  useEffect(() => {
    const view = editor.current!;
    if (value === view.state.doc.toString()) return;
    view.dispatch({
      changes: { from: 0, to: view.state.doc.length, insert: value },
      selection: { anchor: value.length },
      annotations: Transaction.userEvent.of('set'),
    });
  }, [value]);

  useEffect(() => {
    editor.current!.dispatch({ effects: parts.current.language.reconfigure(languageOf(language, names)) });
  }, [language, names]);

  useEffect(() => {
    editor.current!.dispatch({ effects: parts.current.access.reconfigure(EditorState.readOnly.of(isReadOnly)) });
  }, [isReadOnly]);

  useEffect(() => {
    const extension = placeholder ? placeholderOf(placeholder) : [];
    editor.current!.dispatch({ effects: parts.current.placeholder.reconfigure(extension) });
  }, [placeholder]);

  useEffect(() => {
    editor.current!.dispatch({ effects: markWrong.of(spot) });
  }, [spot]);

  useImperativeHandle(props.handle, () => ({
    insert: (text) => {
      const view = editor.current!;
      view.dispatch(view.state.replaceSelection(text), { scrollIntoView: true });
      view.focus();
    },
  }));

  return <div ref={place} className="h-full min-h-0 overflow-hidden" />;
}
